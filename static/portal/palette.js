// The search box as a dialog: arrow keys move through the results, Enter opens one. Without
// JavaScript, its link opens a page with the same results.
"use strict";

(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const query = dialog.querySelector("[role=combobox]");
  const found = document.getElementById("palette-found");
  const options = () => [...found.querySelectorAll("[role=option]")];
  const active = () => found.querySelector("[aria-selected=true]");
  let isStale = false; // whether the results are those of an earlier text
  let isEntered = false; // whether to open the first result as soon as it is there

  function choose(option) {
    active()?.setAttribute("aria-selected", "false");
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      query.setAttribute("aria-activedescendant", option.id);
    } else {
      query.removeAttribute("aria-activedescendant");
    }
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      document.getElementById(opener.dataset.opens).showModal();
      if (opener.dataset.opens === dialog.id) {
        query.select();
        htmx.trigger(query, "palette:open");
      }
    } else if (event.target.closest(".palette-close")) {
      dialog.close();
    } else if (event.target.matches("dialog.palette[open]")) {
      event.target.close(); // a click beside it
    }
  });

  query.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(active());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all.at(at <= 0 ? -1 : at - 1));
    else if (event.key === "Escape") dialog.close(); // the field would only be emptied
    else if (event.key === "Enter" && isStale && !isEntered) isEntered = true;
    else if (event.key === "Enter" && !isStale && active()) active().click();
    else return;
    event.preventDefault();
  });
  query.addEventListener("input", () => {
    isStale = true;
    isEntered = false;
  });
  found.addEventListener("htmx:afterSwap", () => {
    choose(options()[0]);
    isStale = false;
    if (isEntered) active()?.click();
    isEntered = false;
  });
})();
