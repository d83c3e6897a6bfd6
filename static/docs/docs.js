// What a page of the docs can do better with JavaScript. Without it all of it can be read.
"use strict";

// The clipboard is offered to secure pages only.
for (const code of navigator.clipboard ? document.querySelectorAll(".prose pre") : []) {
  const frame = document.createElement("div");
  frame.className = "code";
  code.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = "Copy";
  frame.append(code, button);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
