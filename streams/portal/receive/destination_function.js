// Forwards events to the inbound address below, for the identity map of the tool.
// Add one setting to this function: inboundSecret, of the type String, required and encrypted.
const TOOL = $tool;
const INBOUND_URL = $url;
// Segment stops a call after 5 seconds.
const TIMEOUT_MS = $timeout_ms;
// The same events can pass later. Segment retries for 4 hours.
const RETRIED = [408, 423, 429];

async function onTrack(event, settings) {
  await send(event, settings);
}

async function onIdentify(event, settings) {
  await send(event, settings);
}

async function onPage(event, settings) {
  await send(event, settings);
}

async function onScreen(event, settings) {
  await send(event, settings);
}

async function onGroup(event, settings) {
  await send(event, settings);
}

async function onAlias(event, settings) {
  await send(event, settings);
}

// A person asked to be deleted.
async function onDelete(event, settings) {
  await send(event, settings);
}

async function onBatch(events, settings) {
  await send(events, settings);
}

async function send(body, settings) {
  const secret = String(settings.inboundSecret || "").trim();
  if (!secret) {
    throw new ValidationError("Fill in the setting inboundSecret of this function.");
  }
  const response = await post(JSON.stringify(body, withoutWriteKeys), secret);
  if (response.ok) return;
  const message = TOOL + " responded with status " + response.status + ": " + (await reason(response));
  if (RETRIED.includes(response.status) || response.status >= 500) {
    throw new RetryError(message);
  }
  throw new ValidationError(message);
}

async function post(body, secret) {
  try {
    return await fetch(INBOUND_URL, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: "Bearer " + secret },
      body,
      // A redirected POST would arrive as a GET, without its events.
      redirect: "error",
      signal: typeof AbortSignal === "undefined" ? undefined : AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const late = error.name === "TimeoutError" || error.name === "AbortError";
    throw new RetryError(TOOL + (late ? " didn't respond in time." : " couldn't be reached."));
  }
}

// The write key of your source can be in an event. It stays in Segment.
function withoutWriteKeys(key, value) {
  return key === "writeKey" ? undefined : value;
}

async function reason(response) {
  try {
    return (await response.text()).slice(0, 300);
  } catch (error) {
    return "";
  }
}
