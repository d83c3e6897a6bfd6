// The filter bar of lists: the URL has no empty fields, and x clears all filters.
"use strict";

document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-filter-bar]")) return;
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
  document.querySelector("a[data-clear-filters]")?.click();
});
