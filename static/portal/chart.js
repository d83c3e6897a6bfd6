// The readout of a chart: what a point counts, under the pointer or the focus. The arrow keys
// move between the points. Without this script, the points are links, and there is a table.
"use strict";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

function readOut(slot) {
  const figure = slot.closest("[data-chart]");
  const readout = figure.querySelector("[data-readout]");
  const { left, width } = figure.getBoundingClientRect();
  const at = slot.getBoundingClientRect();
  readout.textContent = slot.getAttribute("aria-label");
  readout.hidden = false;
  const middle = at.left + at.width / 2 - left;
  const most = width - readout.offsetWidth;
  readout.style.insetInlineStart = `${Math.max(0, Math.min(most, middle - readout.offsetWidth / 2))}px`;
}

function hide(event) {
  const figure = event.target.closest?.("[data-chart]");
  if (figure && !figure.contains(event.relatedTarget)) figure.querySelector("[data-readout]").hidden = true;
}

for (const type of ["pointerover", "focusin"]) {
  document.addEventListener(type, ({ target }) => {
    const slot = target.closest?.("[data-chart] a.slot");
    if (slot) readOut(slot);
  });
}
document.addEventListener("pointerout", hide);
document.addEventListener("focusout", hide);
document.addEventListener("keydown", (event) => {
  const slot = event.target.closest?.("[data-chart] a.slot");
  if (!slot) return;
  const all = [...slot.closest("svg").querySelectorAll("a.slot")];
  const ends = { Home: 0, End: all.length - 1 };
  const next = all[event.key in ends ? ends[event.key] : all.indexOf(slot) + (STEPS[event.key] ?? NaN)];
  if (!next) return;
  event.preventDefault();
  slot.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});
