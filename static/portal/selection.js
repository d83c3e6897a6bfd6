// Selected rows of a list: Shift selects a range, the box in the header selects all, and the
// button waits until there is a selection.
"use strict";

(() => {
  const form = document.getElementById("selection");
  if (!form) return;
  const boxes = () => [...document.querySelectorAll('input[form="selection"]')];
  const all = document.querySelector("[data-pick-all]");
  const count = form.querySelector("[data-picked]");
  const button = form.querySelector("button");
  let last = null;

  const show = () => {
    const picked = boxes().filter((box) => box.checked).length;
    button.disabled = picked === 0;
    count.hidden = picked === 0;
    count.querySelector("output").textContent = picked.toLocaleString();
    all.checked = picked > 0 && picked === boxes().length;
    all.indeterminate = picked > 0 && !all.checked;
  };

  document.addEventListener("click", (event) => {
    if (event.target === all) {
      for (const box of boxes()) box.checked = all.checked;
    } else if (event.target.matches?.('input[form="selection"]')) {
      if (event.shiftKey && last?.isConnected) {
        const [from, to] = [last, event.target].map((box) => boxes().indexOf(box)).sort((a, b) => a - b);
        for (const box of boxes().slice(from, to + 1)) box.checked = event.target.checked;
      }
      last = event.target;
    } else {
      return;
    }
    show();
  });
  document.addEventListener("htmx:afterSwap", show); // a search found more rows
  window.addEventListener("pageshow", show); // Back restores the boxes
  all.hidden = false;
  show();
})();
