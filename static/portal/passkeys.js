// Passkeys: connects buttons to allauth's scripts, and says when a browser refuses.
"use strict";

for (const button of document.querySelectorAll("[data-passkey]")) {
  const credential = button.form.elements.credential.id;
  const ids = { credential, [button.dataset.passkey]: button.id, data: "js_data" };
  const { addForm, authenticateForm, loginForm } = window.allauth.webauthn.forms;
  if (button.dataset.passkey === "add") {
    addForm({ ids: { ...ids, passwordless: "id_passwordless" } });
  } else if (button.dataset.passkey === "login") {
    loginForm({ ids });
  } else {
    authenticateForm({ ids });
  }
  // Only browsers that support passkeys show the button.
  button.disabled = !window.PublicKeyCredential;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const error of document.querySelectorAll("[data-passkey-error]")) error.hidden = false;
});
