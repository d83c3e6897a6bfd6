// Selecting rows of a list: ranges with Shift, all rows of the page, and a button that counts.
// A form[data-selection] has a checkbox [data-pick] per row, inside it or by its `form`
// attribute. Without this script, the checkboxes and the button still work.
"use strict";

const those = (form, what) => [...form.elements].filter((one) => one.matches(what));
const picksIn = (form) => those(form, "[data-pick]");
let anchor = null; // the row that was picked last: a range starts there

function tell(form) {
  const picks = picksIn(form);
  const count = picks.filter((pick) => pick.checked).length;
  const button = those(form, "button[data-many]")[0];
  if (button) {
    const { none, one, many } = button.dataset;
    button.textContent = count === 0 ? none : count === 1 ? one : many.replace("#", count.toLocaleString());
    button.disabled = count === 0;
  }
  const all = those(form, "[data-pick-all]")[0];
  if (all) {
    all.hidden = false;
    all.checked = count > 0 && count === picks.length;
    all.indeterminate = count > 0 && count < picks.length;
  }
}

document.addEventListener("click", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-selection]")) return;
  const picks = picksIn(form);
  if (event.target.matches("[data-pick-all]")) {
    for (const pick of picks) pick.checked = event.target.checked;
  } else if (event.target.matches("[data-pick]")) {
    if (event.shiftKey && picks.includes(anchor)) {
      const [from, to] = [picks.indexOf(anchor), picks.indexOf(event.target)].sort((a, b) => a - b);
      for (const pick of picks.slice(from, to + 1)) pick.checked = event.target.checked;
    }
    anchor = event.target;
  } else {
    return;
  }
  tell(form);
});

const tellAll = () => { for (const form of document.querySelectorAll("form[data-selection]")) tell(form); };
document.addEventListener("htmx:afterSettle", tellAll);
window.addEventListener("pageshow", tellAll); // Back restores the checkboxes
tellAll();

// A part that keeps itself fresh waits while rows in it are selected.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (part.hasAttribute("data-fresh") && part.querySelector("[data-pick]:checked")) event.preventDefault();
});
