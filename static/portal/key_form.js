// A form with a write key is sent from within the page, so that an error elsewhere doesn't cost
// the key: the server never sends it back, and nothing stores it. Without JavaScript, the browser
// sends the form as usual. After forms.js, which sends a form once, and not while offline.
"use strict";

async function sendKey(form) {
  const key = form.elements.write_key;
  const data = new FormData(form);
  data.set("keeps_key", "1");
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(data), redirect: "manual" });
  if (response.type === "opaqueredirect") return location.assign(form.dataset.done);
  const received = new DOMParser().parseFromString(await response.text(), "text/html");
  const page = received.getElementById("page");
  // Without an error, nothing is saved yet: it is a preview, or the person is signed out.
  if (!page?.querySelector("form[data-key]")) return form.submit();
  const field = page.querySelector("[name=write_key]");
  field.value = key.value;
  document.getElementById("page").replaceWith(page);
  document.title = received.title;
  window.scrollTo(0, 0);
  document.dispatchEvent(new Event("portal:page-replaced"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !("key" in form.dataset)) return;
  event.preventDefault();
  sendKey(form).catch(() => { settle(form); show("offline"); });
});

// Shows a key that is masked.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const isRevealed = field.toggleAttribute("data-revealed");
  button.setAttribute("aria-pressed", isRevealed);
});
