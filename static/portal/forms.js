// Forms: what a person typed is never lost, and a form is sent once.
//
// Drafts are in localStorage, by person, page and form, until the form did its work, the
// person signs out, or a week has passed. Secrets and files are in none of them. The server
// does the rest: streams/web/duplicate_submits.py and kept.py.
"use strict";

const WEEK_MS = 7 * 24 * 3600 * 1000;
const SAVE_AFTER_MS = 300;
const IN_FLIGHT_MS = 20_000; // then a button works again, whatever became of its request
const person = document.body.dataset.person;
const baselines = new Map(); // what the form said when the page came, by key

const cookie = (name) =>
  document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);

// --- What is in a form -----------------------------------------------------------------

const isSecret = (field) => field.type === "password" || "secret" in field.dataset;
const isOurs = (field) =>
  ["csrfmiddlewaretoken", "form_token"].includes(field.name) || !field.name ||
  ["submit", "button", "file", "reset", "fieldset", "output"].includes(field.type);
const isTyped = (field) => !isOurs(field) && !isSecret(field) && field.type !== "hidden" && !field.readOnly;
const fieldsOf = (form) => [...form.elements].filter((field) => !isOurs(field) && !isSecret(field));

// Not form.action: a field may have that name.
const actionOf = (form) => {
  const at = new URL(form.getAttribute("action") || location.href, location.href);
  return at.pathname + at.search;
};
const here = location.pathname + location.search;
const keyOf = (form) => `draft ${person} ${here} ${actionOf(form)}`;
const keptKey = (page, action) => `kept ${page} ${action}`;
const hasDrafts = (form) =>
  Boolean(person) && form.method === "post" && !("kept" in form.dataset) &&
  [...form.elements].some(isTyped);

const isChecked = (field) => field.type === "checkbox" || field.type === "radio";
const valuesOf = (fields) =>
  fields.filter((field) => !isChecked(field) || field.checked).map((field) => [field.name, field.value]);
const typedIn = (form) => JSON.stringify(valuesOf([...form.elements].filter(isTyped)));
const isDirty = (form) => typedIn(form) !== baselines.get(keyOf(form));

function fill(form, entries) {
  const left = [...entries];
  const take = (name, value) => {
    const at = left.findIndex(([n, v]) => n === name && (value === undefined || v === value));
    return at < 0 ? undefined : left.splice(at, 1)[0][1];
  };
  for (const field of fieldsOf(form)) {
    if (isChecked(field)) {
      field.checked = take(field.name, field.value) !== undefined;
    } else {
      const value = take(field.name);
      if (value !== undefined && !field.readOnly) field.value = value;
    }
  }
}

// --- Drafts ----------------------------------------------------------------------------

// Where storage is full or forbidden the page works as before.
const quietly = (work) => { try { return work(); } catch { return undefined; } };
const read = (storage, key) => quietly(() => JSON.parse(storage.getItem(key)));

let signsOut = false;
function save(form) {
  if (signsOut || form.dataset.sent || !hasDrafts(form)) return;
  if (!isDirty(form)) return quietly(() => localStorage.removeItem(keyOf(form)));
  const draft = { at: Date.now(), token: form.elements.form_token?.value, entries: valuesOf(fieldsOf(form)) };
  quietly(() => localStorage.setItem(keyOf(form), JSON.stringify(draft)));
}

function dropDrafts(storage, unwanted) {
  quietly(() => {
    for (const key of Object.keys(storage)) {
      if (/^(draft|kept) /.test(key) && unwanted(read(storage, key) || {})) storage.removeItem(key);
    }
  });
}

// What did its work is no draft any more.
const done = cookie("form_done");
if (done) document.cookie = "form_done=; Path=/; Max-Age=0; SameSite=Lax";
dropDrafts(localStorage, (draft) => (done && draft.token === done) || !(draft.at > Date.now() - WEEK_MS));

function showRestored(form, draft) {
  const bar = document.getElementById("restored").content.firstElementChild.cloneNode(true);
  const at = new Date(draft.at);
  bar.querySelector("time").textContent = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  bar.querySelector("button").addEventListener("click", () => {
    quietly(() => localStorage.removeItem(keyOf(form)));
    form.dataset.sent = "yes"; // nothing of it is saved any more
    form.reset(); // or the browser itself would keep it when the page loads
    location.reload();
  });
  form.prepend(bar);
  const menu = form.closest("details");
  if (menu) menu.open = true;
}

async function restore(form) {
  const kept = keptKey(here, actionOf(form));
  const draft = read(sessionStorage, kept) || read(localStorage, keyOf(form));
  quietly(() => sessionStorage.removeItem(kept));
  if (!draft) return;
  let restored = form;
  if (form.dataset.rebuild) {
    // Its rows are made by the server: have it render the form with them. Saves nothing.
    const values = Object.groupBy(draft.entries, ([name]) => name);
    for (const name of Object.keys(values)) values[name] = values[name].map(([, value]) => value);
    const swapped = { target: `#${form.id}`, select: `#${form.id}`, swap: "outerHTML" };
    await htmx.ajax("POST", here, { ...swapped, source: document.body, values: { ...values, do: form.dataset.rebuild } });
    restored = document.getElementById(form.id);
  } else {
    fill(form, draft.entries);
  }
  if (!isDirty(restored)) return; // the page says the same
  for (const field of restored.elements) {
    if (field.hasAttribute("hx-post") && field.tagName === "TEXTAREA") {
      field.dispatchEvent(new Event("input", { bubbles: true })); // its preview
    }
  }
  showRestored(restored, draft);
  save(restored);
}

const saving = new Map();
function saveSoon(form) {
  clearTimeout(saving.get(keyOf(form)));
  saving.set(keyOf(form), setTimeout(() => save(form), SAVE_AFTER_MS));
}

for (const type of ["input", "change"]) {
  document.addEventListener(type, ({ target }) => { if (target.form && hasDrafts(target.form)) saveSoon(target.form); });
}
window.addEventListener("pagehide", () => {
  for (const form of document.forms) if (baselines.has(keyOf(form))) save(form);
});
window.addEventListener("beforeunload", (event) => {
  const form = document.querySelector("form[data-editor]");
  if (form && !form.dataset.sent && hasDrafts(form) && isDirty(form)) event.preventDefault();
});

// --- Sending ---------------------------------------------------------------------------

const show = (name) => { for (const bar of document.querySelectorAll("[data-bar]")) bar.hidden = bar.dataset.bar !== name; };

function settle(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("[data-pending]")) {
    button.disabled = false;
    delete button.dataset.pending;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method !== "post") return;
  if (!navigator.onLine) {
    event.preventDefault();
    save(form);
    return show("offline");
  }
  save(form);
  // Somebody may have signed in again in another tab since the page was loaded.
  const csrf = form.elements.csrfmiddlewaretoken;
  if (csrf && cookie("csrftoken")) csrf.value = cookie("csrftoken");
  if (actionOf(form) === document.body.dataset.signOut) {
    signsOut = true;
    for (const storage of [localStorage, sessionStorage]) dropDrafts(storage, () => true);
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
  // Once the browser has read the form: a disabled button is not sent.
  setTimeout(() => {
    for (const button of form.elements) {
      if (button.type !== "submit" || button.disabled) continue;
      button.dataset.pending = button === event.submitter ? "spins" : "";
      button.disabled = true;
    }
  });
  setTimeout(() => settle(form), IN_FLIGHT_MS);
});
window.addEventListener("pageshow", () => { for (const form of document.forms) settle(form); });
window.addEventListener("online", () => show(""));

// --- Parts of a page -------------------------------------------------------------------

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb.toLowerCase() === "post" && cookie("csrftoken")) detail.parameters.csrfmiddlewaretoken = cookie("csrftoken");
});
document.addEventListener("signed-out", () => show("signed-out"));
document.addEventListener("htmx:sendError", () => show("offline"));
document.addEventListener("htmx:responseError", () => show("failed"));
document.addEventListener("htmx:afterOnLoad", ({ detail }) => { if (detail.xhr.status === 200) show(""); });
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const form = detail.elt.closest?.("form") || detail.elt.querySelector?.("form[data-rebuild]");
  if (form && baselines.has(keyOf(form))) save(form);
});

// --- The page has come: all that follows needs what is above -----------------------------

// The page that holds what could not be submitted: the form's own page takes it from here.
for (const form of document.querySelectorAll("form[data-kept]")) {
  const kept = { at: Date.now(), token: form.elements.form_token?.value, entries: valuesOf(fieldsOf(form)) };
  quietly(() => sessionStorage.setItem(keptKey(form.dataset.kept, actionOf(form)), JSON.stringify(kept)));
}
// Back brings the form back that was sent, not another one: sent again, it is the same.
const tokens = () => [...document.querySelectorAll("[name=form_token]")];
const earlier = history.state?.formTokens;
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward" && earlier) {
  for (const token of tokens()) token.value = earlier[actionOf(token.form)] || token.value;
} else if (!("posted" in document.body.dataset)) { // it would turn the page's POST into a GET
  const formTokens = Object.fromEntries(tokens().map((token) => [actionOf(token.form), token.value]));
  history.replaceState({ ...history.state, formTokens }, "");
}
for (const form of [...document.forms]) {
  if (!hasDrafts(form)) continue;
  // What a response to a POST shows is what was typed last.
  if ("posted" in document.body.dataset) continue;
  baselines.set(keyOf(form), typedIn(form));
  // After htmx, which listens to the same event: a restored text asks for its preview.
  document.addEventListener("DOMContentLoaded", () => restore(form));
}
