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

// Two or more examples in a row, each below a paragraph that begins with its language, become
// tabs. The reader's choice holds for all examples of all pages. Print shows all of them.
(() => {
  const LANGUAGE = /^(Python|Node\.js|Ruby|PHP|Java|Go|curl)\b/;
  const CHOSEN = "docs language";
  const remembered = () => { try { return localStorage.getItem(CHOSEN); } catch { return null; } };
  const sets = [];

  function exampleAt(paragraph) {
    const code = paragraph?.nextElementSibling;
    const name = paragraph?.matches("p") && LANGUAGE.exec(paragraph.textContent)?.[1];
    return name && code?.matches("pre, .code") ? { name, paragraph, code } : null;
  }

  function choose(set, name) {
    if (!set.some((one) => one.name === name)) return;
    for (const { name: own, tab, panel } of set) {
      tab.setAttribute("aria-selected", String(own === name));
      tab.tabIndex = own === name ? 0 : -1;
      panel.classList.toggle("off", own !== name);
    }
  }

  function chooseEverywhere(name) {
    try { localStorage.setItem(CHOSEN, name); } catch { /* for this page only */ }
    for (const set of sets) choose(set, name);
  }

  function build(set) {
    const list = document.createElement("div");
    list.className = "languages";
    list.setAttribute("role", "tablist");
    set[0].paragraph.before(list);
    set.forEach((one, at) => {
      const id = `language-${sets.length}-${at}`;
      one.panel = document.createElement("div");
      Object.assign(one.panel, { id, tabIndex: -1 });
      one.panel.setAttribute("role", "tabpanel");
      one.tab = document.createElement("button");
      Object.assign(one.tab, { type: "button", id: `${id}-tab`, textContent: one.name });
      one.tab.setAttribute("role", "tab");
      one.tab.setAttribute("aria-controls", id);
      one.panel.setAttribute("aria-labelledby", `${id}-tab`);
      one.tab.addEventListener("click", () => chooseEverywhere(one.name));
      one.paragraph.before(one.panel);
      one.panel.append(one.paragraph, one.code);
      list.append(one.tab);
    });
    list.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const at = set.findIndex(({ tab }) => tab === document.activeElement);
      const next = set.at((at + step) % set.length);
      next.tab.focus();
      chooseEverywhere(next.name);
    });
    sets.push(set);
    choose(set, set[0].name);
  }

  for (const first of document.querySelectorAll(".prose > p")) {
    const set = [];
    let example = first.isConnected && !first.closest("[role=tabpanel]") && exampleAt(first);
    while (example) {
      set.push(example);
      example = exampleAt(example.code.nextElementSibling);
    }
    if (new Set(set.map(({ name }) => name)).size === set.length && set.length > 1) build(set);
  }
  const known = remembered();
  if (known) for (const set of sets) choose(set, known);
})();
