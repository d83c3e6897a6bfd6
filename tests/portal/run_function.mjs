// Calls a handler of a Destination Function, as Segment does, and prints how it ended.
// Its only globals are those that Segment's runtime has and the code may use.
import vm from "node:vm";

const { code, calls } = JSON.parse(process.argv[2]);
class RetryError extends Error {}
class ValidationError extends Error {}
const runtime = vm.createContext({ fetch, AbortSignal, RetryError, ValidationError });
vm.runInContext(code, runtime);

const ends = [];
for (const { handler, event, settings } of calls) {
  try {
    const returned = await runtime[handler](event, settings);
    ends.push({ returned: returned ?? null, event });
  } catch (error) {
    ends.push({ error: error.constructor.name, message: error.message });
  }
}
console.log(JSON.stringify(ends));
