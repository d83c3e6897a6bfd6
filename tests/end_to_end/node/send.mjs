// Sends events with one library, everything at its defaults but address and credentials.
// The argument is JSON: {library, url, writeKey, oauth, events}. Fails if the library
// reports that an event was not sent.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";

const { library, url, writeKey, oauth, events } = JSON.parse(process.argv[2]);

const client =
  library === "rudder"
    ? new RudderAnalytics(writeKey, { dataPlaneUrl: url })
    : new Analytics({ host: url, writeKey, oauthSettings: oauth });

function send(number) {
  const event = { userId: `user-${number}`, event: "Email Opened", properties: { number } };
  return new Promise((resolve, reject) =>
    client.track(event, (error) => (error ? reject(error) : resolve())),
  );
}

const sent = Array.from({ length: events }, (_, number) => send(number));
await (library === "rudder" ? client.flush() : client.closeAndFlush());
await Promise.all(sent);
