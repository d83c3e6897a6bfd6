"use strict";

// Sends orders to the sandbox, and polls their requests every second.

const EVERY_MS = 1000;
const STATES = {
  waiting: "Waiting",
  delivered: "Delivered",
  dropped: "Dropped",
  expired: "Expired",
};

const $ = (id) => document.getElementById(id);

async function ask(path, method = "GET", content = null) {
  const response = await fetch(path, {
    method,
    cache: "no-store",
    headers: content === null ? {} : { "Content-Type": "application/json" },
    body: content === null ? undefined : JSON.stringify(content),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function order(form) {
  const field = (name) => form.elements[name];
  const number = (name) => Number(field(name).value);
  return {
    url: field("url").value,
    secret: field("secret").value,
    method: field("method").value,
    auth: field("auth").value,
    batch_size: number("batch_size"),
    mappings: number("mappings"),
    people: number("people"),
    sources: field("sources").value.split(/\s+/).filter(Boolean),
    events: JSON.parse(field("events").value || "[]"),
    wrong_secret: field("wrong_secret").checked,
  };
}

async function send(event) {
  event.preventDefault();
  try {
    const sent = await ask("/_sandbox/inbound", "POST", order(event.target));
    say(`Sending ${sent.events} events in ${sent.requests} requests.`);
    await refresh();
  } catch (error) {
    say(`Not sent: ${error.message}`);
  }
}

function say(text) {
  $("said").textContent = text;
}

async function refresh() {
  show(await ask("/_sandbox/inbound"));
}

function show(state) {
  const counts = Object.entries(state.counts).filter(([, count]) => count);
  const said = counts.map(([name, count]) => `${STATES[name]}: ${count}`);
  $("counts").textContent = said.join(" · ") || "No requests yet.";
  $("table").hidden = state.deliveries.length === 0;
  $("rows").replaceChildren(...state.deliveries.map(row));
}

function row(delivery) {
  const attempts = delivery.attempts.map((one) =>
    [one.status ?? "No response", one.code].filter(Boolean).join(" "),
  );
  const cells = [
    delivery.number,
    delivery.events,
    STATES[delivery.state],
    attempts.join(", "),
    delivery.due_in_s ? `in ${Math.round(delivery.due_in_s)} s` : "–",
  ];
  const line = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement("td");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

async function poll() {
  if (!document.hidden) {
    try {
      await refresh();
    } catch {
      $("counts").textContent = "Sandbox unreachable";
    }
  }
  setTimeout(poll, EVERY_MS);
}

$("order").addEventListener("submit", send);
for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    const advance = Number(button.dataset.advance);
    show(await ask("/_sandbox/inbound/clock", "POST", { advance_s: advance }));
  });
}
$("forget").addEventListener("click", async () => {
  show(await ask("/_sandbox/inbound", "DELETE"));
});
poll();
