// After an error, the focus is on the first field with one, or else on the summary.
"use strict";

function focusFirstError() {
  const main = document.querySelector("main");
  const first = main?.querySelector(
    "[aria-invalid=true], .field:has(.errors) :is(input, select, textarea), .notice.bad[role=alert], .notice.error",
  );
  if (!first || (document.activeElement !== document.body && document.activeElement !== main)) return;
  if (first.matches(".notice")) first.tabIndex = -1;
  first.focus();
}

focusFirstError();
// Not while someone types: a part that is checked meanwhile leaves the focus where it is.
document.addEventListener("htmx:afterSettle", focusFirstError);
document.addEventListener("portal:page-replaced", focusFirstError);
