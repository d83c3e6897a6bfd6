"use strict";

// Polls the sandbox every second, and shows the newest 500 events.

const KEPT = 500;
const EVERY_MS = 1000;

const $ = (id) => document.getElementById(id);

const page = {
  log: null, // changes when the sandbox deletes its events or restarts
  after: null,
  rows: [], // newest first: {shown, row, text}
  selected: null,
  paused: false,
};

// Polling

async function ask(path) {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function poll() {
  if (!page.paused && !document.hidden) {
    try {
      await Promise.all([pollEvents(), pollStats()]);
      showState("live", "Live");
    } catch {
      showState("lost", "Sandbox unreachable");
    }
  }
  setTimeout(poll, EVERY_MS);
}

async function pollEvents() {
  const from = page.after === null ? "" : `&after=${page.after}`;
  const answer = await ask(`/_sandbox/events?mask=1&limit=${KEPT}${from}`);
  if (page.paused) return;
  if (answer.log !== page.log) {
    const isFirst = page.log === null;
    forget();
    page.log = answer.log;
    if (!isFirst) return; // the numbers have restarted: poll again from the start
  }
  const newest = page.rows.length ? page.rows[0].shown.number : 0;
  add(answer.events.filter((shown) => shown.number > newest));
  // More than a page behind: skip the events in between, like Segment's debugger.
  page.after = answer.events.length < KEPT ? answer.next_after : null;
}

async function pollStats() {
  const stats = await ask("/_sandbox/stats?brief=1");
  const reasons = Object.entries(stats.discarded);
  const dropped = reasons.reduce((sum, [, count]) => sum + count, 0);
  showCount("requests", stats.requests);
  showCount("events", stats.events);
  showCount("duplicates", stats.duplicates);
  showCount("dropped", dropped);
  showCount("worst", stats.worst_second);
  const words = reasons.map(([code, count]) => `${code} (${count.toLocaleString()})`);
  $("dropped").textContent = `Dropped after a 200, like Segment does: ${words.join(", ")}`;
  $("dropped").hidden = dropped === 0;
}

// The list

function forget() {
  page.rows.forEach(({ row }) => row.remove());
  page.rows = [];
  page.after = null;
  close();
  showWhatFits();
}

function add(events) {
  const fresh = events.map(made).reverse();
  $("rows").prepend(...fresh.map(({ row }) => row));
  page.rows = [...fresh, ...page.rows];
  page.rows.splice(KEPT).forEach(({ row }) => row.remove());
  showWhatFits();
}

function made(shown) {
  const row = $("row").content.firstElementChild.cloneNode(true);
  const button = row.querySelector("button");
  const type = row.querySelector(".type");
  row.querySelector("time").dateTime = shown.received_at;
  row.querySelector("time").textContent = clock(shown.received_at);
  type.textContent = shown.type;
  type.dataset.type = shown.type;
  button.textContent = nameOf(shown);
  button.classList.toggle("unnamed", !shown.name);
  row.querySelector(".cell-user").textContent = shown.user_id ?? shown.anonymous_id;
  row.querySelector(".cell-key").textContent = shown.write_key;
  row.querySelector(".cell-region").textContent = regionName(shown.region);
  row.addEventListener("click", () => select({ shown, row }));
  const text = `${shown.type} ${JSON.stringify(shown.event)}`.toLowerCase();
  return { shown, row, text };
}

function showWhatFits() {
  const text = $("filter-text").value.trim().toLowerCase();
  const key = $("filter-key").value.trim();
  let fitting = 0;
  for (const { shown, row, text: within } of page.rows) {
    const fits = within.includes(text) && shown.write_key.endsWith(key);
    row.hidden = !fits;
    fitting += fits;
  }
  const all = page.rows.length;
  $("table").hidden = fitting === 0;
  $("no-match").hidden = all === 0 || fitting > 0;
  $("empty").hidden = all > 0;
  const newest = all === 1 ? "1 event" : `Newest ${all} events`;
  $("shown").textContent = text || key ? `${fitting} of ${all} shown` : all ? newest : "";
}

// One event

function select(entry) {
  page.selected?.row.classList.remove("selected");
  page.selected?.row.querySelector("button").removeAttribute("aria-current");
  page.selected = entry;
  entry.row.classList.add("selected");
  entry.row.querySelector("button").setAttribute("aria-current", "true");
  const { shown } = entry;
  $("detail-name").textContent = nameOf(shown);
  $("facts").replaceChildren(
    ...fact("Type", shown.type),
    ...fact("Received", `${clock(shown.received_at)}, event ${shown.number}`),
    ...fact("Source", shown.write_key),
    ...fact("Region", regionName(shown.region)),
    ...fact("messageId", shown.message_id),
  );
  $("json").replaceChildren(...coloured(JSON.stringify(shown.event, null, 2)));
  $("json").scrollTop = 0;
  $("detail").hidden = false;
  // If it covers the list, move the focus to it.
  if (getComputedStyle($("detail")).position === "fixed") $("detail-name").focus();
}

function close() {
  if (page.selected === null) return;
  const { row } = page.selected;
  row.classList.remove("selected");
  row.querySelector("button").removeAttribute("aria-current");
  page.selected = null;
  $("detail").hidden = true;
  row.querySelector("button").focus();
}

function fact(name, value) {
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  term.textContent = name;
  description.textContent = value;
  return [term, description];
}

function* coloured(json) {
  const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;
  let end = 0;
  for (const match of json.matchAll(token)) {
    yield json.slice(end, match.index);
    const [whole, string, colon] = match;
    yield span(colon ? "json-key" : string ? "json-text" : "json-other", string ?? whole);
    if (colon) yield colon;
    end = match.index + whole.length;
  }
  yield json.slice(end);
}

function span(kind, text) {
  const element = document.createElement("span");
  element.className = kind;
  element.textContent = text;
  return element;
}

// Formatting

function nameOf(shown) {
  // The portal asks people to look for the code of a test event.
  const code = shown.user_id === "connection-test" && shown.event.properties?.code;
  if (shown.name) return code ? `${shown.name} · ${code}` : shown.name;
  const id = { group: shown.event.groupId, alias: shown.event.previousId }[shown.type];
  return id ? `${shown.type} ${id}` : `(${shown.type})`;
}

function regionName(region) {
  return { us: "US", eu: "EU", sandbox: "Sandbox" }[region];
}

function clock(iso) {
  const time = new Date(iso);
  const seconds = time.toLocaleTimeString("en-GB");
  return `${seconds}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

function showCount(name, value) {
  $(`count-${name}`).textContent = value.toLocaleString();
}

function showState(state, words) {
  if ($("state").dataset.state === state) return;
  $("state").dataset.state = state;
  $("state").textContent = words;
}

// Interaction

function pauseOrResume() {
  page.paused = !page.paused;
  $("pause").textContent = page.paused ? "Resume" : "Pause";
  showState(page.paused ? "paused" : "live", page.paused ? "Paused" : "Live");
}

function clearFilters() {
  $("filters").reset();
  showWhatFits();
  $("filter-text").focus();
}

function onKey(event) {
  // In a search field, Escape clears the field.
  if (event.key === "Escape" && event.target.tagName !== "INPUT") close();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest?.("#rows tr");
  if (!step || !row) return;
  const visible = page.rows.filter((entry) => !entry.row.hidden);
  const next = visible[visible.findIndex((entry) => entry.row === row) + step];
  if (!next) return;
  event.preventDefault();
  next.row.querySelector("button").focus();
  if (page.selected) select(next);
}

$("pause").addEventListener("click", pauseOrResume);
$("close").addEventListener("click", close);
$("clear-filters").addEventListener("click", clearFilters);
$("filters").addEventListener("input", showWhatFits);
$("filters").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", onKey);

$("example").textContent = [
  `curl ${location.origin}/v1/track \\`,
  "  -u abcdefghijklmnopqrstuvwxyz012345: \\",
  `  -d '{"userId": "user-1", "event": "Email Opened"}'`,
].join("\n");

showWhatFits();
poll();
