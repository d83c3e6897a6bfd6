// What a page of the docs can do better with JavaScript. Without it all of it can be read.
"use strict";

const { copyLabel, copied } = document.body.dataset;

// The clipboard is offered to secure pages only.
for (const code of navigator.clipboard ? document.querySelectorAll(".prose pre") : []) {
  const frame = document.createElement("div");
  frame.className = "code";
  code.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = copyLabel;
  frame.append(code, button);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent.trim());
    button.textContent = copied;
    setTimeout(() => { button.textContent = copyLabel; }, 2000);
  });
}
