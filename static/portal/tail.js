// A live tail: asks for new rows once a second while someone looks, and keeps the newest ones.
"use strict";

(() => {
  const tail = document.querySelector("[data-tail]");
  if (!tail) return;
  const EVERY_MS = 1000;
  const AFTER_ERROR_MS = 5000;
  const rows = tail.querySelector("tbody");
  const state = document.getElementById("tail-state");
  const button = document.getElementById("tail-pause");
  const formats = document.getElementById("tail-format");
  const empty = document.getElementById("tail-empty");
  const most = Number(tail.dataset.most);
  let after = tail.dataset.after;
  let isPaused = false;
  let timer;

  const say = (name) => { if (state.textContent !== state.dataset[name]) state.textContent = state.dataset[name]; };
  const shown = () => new Set([...rows.children].map((row) => row.id));

  function insert(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const known = shown();
    const fresh = [...holder.content.querySelectorAll("tr")].filter((row) => !known.has(row.id));
    rows.prepend(...fresh);
    while (rows.children.length > most) rows.lastElementChild.remove();
    if (fresh.length) empty.hidden = true;
  }

  async function poll() {
    clearTimeout(timer);
    if (isPaused || document.hidden) return;
    let wait = EVERY_MS;
    try {
      const url = new URL(tail.dataset.tail, location.href);
      url.searchParams.set("after", after);
      const response = await fetch(url, { headers: { "HX-Request": "true" } });
      if (response.status === 401 || response.status === 403) {
        say("signedOut");
        return;
      }
      if (!response.ok || response.redirected) throw new Error(response.status);
      const html = await response.text();
      if (isPaused) return;
      after = response.headers.get("Tail-After") ?? after;
      insert(html);
      say(Number(response.headers.get("Tail-Missed")) ? "busy" : "live");
    } catch {
      say("offline");
      wait = AFTER_ERROR_MS;
    }
    timer = setTimeout(poll, wait);
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    button.textContent = isPaused ? button.dataset.resume : button.dataset.pause;
    say(isPaused ? "paused" : "live");
    poll();
  });
  document.addEventListener("visibilitychange", poll);

  // JSON is formatted when someone opens it: hundreds of events may arrive each second.
  const format = (block) => {
    block.dataset.raw ??= block.textContent;
    const isPretty = formats.value === "pretty";
    block.textContent = isPretty ? JSON.stringify(JSON.parse(block.dataset.raw), null, 2) : block.dataset.raw;
  };
  rows.addEventListener("toggle", (event) => {
    const block = event.target.open && event.target.querySelector("[data-json]");
    if (block) format(block);
  }, true);
  formats?.addEventListener("change", () => {
    for (const block of rows.querySelectorAll("details[open] [data-json]")) format(block);
  });

  say("live");
  timer = setTimeout(poll, EVERY_MS);
})();
