// A large file is sent in parts, so that no server has to hold all of it, and a part that gets
// lost is sent once more. Without JavaScript, the browser sends a small file as usual. After
// forms.js, which sends a form once, and not while offline.
"use strict";

const TRIES = 5;
const WAIT_MS = 1000; // before the second time; doubles

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class UploadError extends Error {}

async function post(url, data) {
  for (let tried = 1; ; tried++) {
    const response = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "manual" })
      .catch(() => undefined);
    if (response?.ok) return response;
    const isFinal = response && response.status < 500;
    if (isFinal || tried === TRIES) {
      const said = await response?.json().catch(() => undefined);
      throw new UploadError(said?.error ?? "");
    }
    await pause(WAIT_MS * 2 ** (tried - 1));
  }
}

async function sendFile(form, file) {
  const partBytes = Number(form.dataset.upload);
  const progress = form.querySelector("progress");
  const first = new FormData(form);
  first.set("file", file.slice(0, partBytes), file.name);
  first.set("size_bytes", file.size);
  const { page, part } = await (await post(form.getAttribute("action"), first)).json();
  for (let number = 1; number * partBytes < file.size; number++) {
    progress.value = (100 * number * partBytes) / file.size;
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.set("number", number);
    data.set("file", file.slice(number * partBytes, (number + 1) * partBytes), file.name);
    await post(part, data);
  }
  location.assign(page);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const file = form.elements.file?.files[0];
  if (event.defaultPrevented || !("upload" in form.dataset) || !(file?.size > form.dataset.upload)) return;
  event.preventDefault();
  const [bar, failure] = ["progress", "error"].map((part) => form.querySelector(`[data-upload-${part}]`));
  bar.hidden = false;
  failure.hidden = true;
  sendFile(form, file).catch((error) => {
    settle(form);
    bar.hidden = true;
    if (!(error instanceof UploadError) || !error.message) return show("failed");
    failure.textContent = error.message;
    failure.hidden = false;
  });
});
