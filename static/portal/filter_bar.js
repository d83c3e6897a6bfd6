// The filter bar of lists: the URL has no empty fields.
"use strict";

document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-filter-bar]")) return;
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});
