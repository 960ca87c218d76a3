// Tabs, with arrow keys.

import { h } from "./dom.js";

export function tabs(label, pages, chosen, choose) {
  const list = h("div", { role: "tablist", "aria-label": label });
  for (const [name, words] of pages) {
    list.append(h("button", { role: "tab", id: `tab-${name}`, "aria-selected": String(name === chosen), tabindex: name === chosen ? 0 : -1, text: words, onclick: () => choose(name) }));
  }
  list.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const all = [...list.children];
    const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
    event.preventDefault();
    choose(next.id.slice(4));
    document.getElementById(next.id)?.focus();
  });
  return list;
}
