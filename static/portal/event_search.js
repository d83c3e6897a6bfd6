// A search that continues automatically stops when asked to, and continues from there. The step in
// progress still shows what it finds.
"use strict";

let stopped = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("#search-stop");
  if (button) {
    stopped = true;
    button.disabled = true;
  } else if (event.target.closest("#search-more")) {
    stopped = false;
  }
}, { capture: true }); // before htmx sees the click

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!stopped || event.detail.elt.id !== "search-more") return;
  event.preventDefault();
  event.detail.elt.focus({ preventScroll: true }); // the button that had the focus is gone
});
