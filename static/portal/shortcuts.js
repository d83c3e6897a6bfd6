// Keyboard shortcuts: a key activates the element whose data-shortcut names it. All of them are
// declared in streams/portal/shared/shortcuts.py.
"use strict";

(() => {
  const OFF = "single keys off"; // in localStorage
  const isOff = () => { try { return localStorage.getItem(OFF) === "yes"; } catch { return false; } };

  const isTyping = (element) =>
    element.isContentEditable ||
    element.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

  // Escape is the browser's own in an open dialog.
  const within = () => document.querySelector("dialog[open]") || document;
  const isUsable = (element) =>
    !element.disabled && (element.hasAttribute("data-opens") || element.checkVisibility());

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.repeat) return;
    const isMod = event.ctrlKey || event.metaKey;
    if (!isMod && (isTyping(event.target) || isOff())) return;
    const key = isMod ? `mod+${event.key.toLowerCase()}` : event.key;
    const element = [...within().querySelectorAll("[data-shortcut]")].find(
      (one) => one.dataset.shortcut.split(" ").includes(key) && isUsable(one),
    );
    if (!element) return;
    event.preventDefault();
    if (isTyping(element)) element.focus();
    else element.click();
  });

  const choice = document.getElementById("single-keys");
  if (choice) {
    choice.checked = !isOff();
    choice.addEventListener("change", () => {
      try { localStorage.setItem(OFF, choice.checked ? "no" : "yes"); } catch { /* for this page only */ }
    });
  }
})();
