// What a page can do better with JavaScript. Without it every page still works.
"use strict";

// Times in the reader's own zone: the server formats them, this names the zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const secure = location.protocol === "https:" ? "; Secure" : "";
const cookies = () => document.cookie.split("; ");
const isFirst = !cookies().some((cookie) => cookie.startsWith("zone="));
document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;

// The first page has times in UTC, so it loads again, once. Without cookies it would do so forever.
// The response to a POST and a notice are shown only once, so they stay.
const once = document.querySelector("[data-posted], .notice.arrive");
if (isFirst && cookies().includes(`zone=${zone}`) && !once) {
  const shown = document.querySelector(".zone[data-zone]");
  if (shown && shown.dataset.zone !== zone) location.reload();
}

// A page that shows a secret is the answer to a POST: loading it again must ask, not make another.
if (document.querySelector("[data-once]")) {
  history.replaceState(null, "", location.href);
}

// On a phone the tabs are a strip that may be longer than the screen.
// Not scrollIntoView: the first Tab would start from there.
for (const tab of document.querySelectorAll(".nav [aria-current], .tabs [aria-current]")) {
  const strip = tab.closest(".nav, .tabs");
  strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}

// A short name follows the name until somebody writes it.
for (const short of document.querySelectorAll("[data-slug-of]")) {
  const source = document.getElementById(short.dataset.slugOf);
  let own = short.value !== "";
  short.addEventListener("input", () => { own = short.value !== ""; });
  source.addEventListener("input", () => {
    if (own) return;
    const plain = source.value.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
    short.value = plain.replace(/[^a-z0-9]+/g, "-").slice(0, short.maxLength).replace(/^-+|-+$/g, "");
  });
}

// The clipboard is offered to secure pages only.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
}

// Inserts the directive of a generated section at the cursor.
for (const button of document.querySelectorAll("[data-insert]")) {
  button.hidden = false;
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  field.focus();
  field.setRangeText(`\n${button.dataset.insert}\n`, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.trim());
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  }
});

// A part that keeps itself fresh rests while nobody looks, or while somebody is at work in it.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!part.hasAttribute("data-fresh")) return;
  const selected = getSelection();
  const selects = !selected.isCollapsed && part.contains(selected.anchorNode); // as to copy a code
  const busy = selects || part.contains(document.activeElement) || part.querySelector("details[open]");
  if (document.hidden || busy) event.preventDefault();
});
