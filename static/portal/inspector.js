// The panel with one delivery attempt beside the list. Without JavaScript its links load pages.
"use strict";

const panel = document.getElementById("inspector");
// Without the parts of a split that are folded away.
const rows = () =>
  [...document.querySelectorAll("[data-inspected-list] a[hx-get]")].filter((row) => row.checkVisibility());
const current = () => document.querySelector("[data-inspected-list] [aria-current]");

function mark(row) {
  current()?.removeAttribute("aria-current");
  row?.setAttribute("aria-current", "true");
}

function close() {
  const row = current();
  panel.replaceChildren();
  mark(null);
  const address = new URL(location.href);
  address.searchParams.delete("attempt");
  history.pushState(null, "", address);
  row?.focus();
}

// In the list the neighbors are its rows; on the page of one attempt, its links.
function step(way) {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at + (way === "older" ? 1 : -1)];
  if (next) {
    mark(next); // at once, for the next key
    next.click();
  } else document.querySelector(`[data-step="${way}"]`)?.click();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-inspector]")) {
    event.preventDefault();
    close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return; // its keys are its own
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const open = panel?.childElementCount > 0;
  if (event.key === "Escape" && open) close();
  else if (event.key === "j") step("older");
  else if (event.key === "k") step("newer");
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== panel) return;
  mark(event.detail.requestConfig.elt);
  for (const button of panel.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  panel.querySelector("h2").focus({ preventScroll: true });
});
