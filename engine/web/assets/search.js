// Finding nodes by name, type, port or parameter.

import { h } from "./dom.js";
import { store, tell } from "./store.js";

let box = null;
let list = null;
let chosen = 0;

export function searchBox() {
  box = h("input", { type: "search", placeholder: "Search  /", "aria-label": "Search nodes", size: 9, autocomplete: "off",
    oninput: find, onkeydown: key, onblur: () => setTimeout(close, 150) });
  return h("div", { class: "group" }, box);
}

export const focusSearch = () => box.focus();

function matches(words) {
  return store.graph.nodes.filter((node) => {
    const hay = [node.name, node.type, node.family, node.note, ...node.parameters.map((one) => one.name), ...node.outputs.flatMap((one) => [one.name, ...one.types])].join(" ").toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

function find() {
  close();
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length || !store.graph) return;
  const found = matches(words);
  const names = new Set(found.map((one) => one.name));
  store.dimmed = new Set(store.graph.nodes.map((one) => one.name).filter((name) => !names.has(name)));
  chosen = 0;
  list = h("div", { id: "found", role: "listbox", "aria-label": "Nodes found" }, found.slice(0, 12).map((one) => h("button", { role: "option", onclick: () => take(one.name) },
    h("b", { text: one.name }), h("small", { text: `${one.type} · ${one.family}` }))));
  if (!found.length) list.append(h("p", { class: "soft", text: "Nothing of that name." }));
  document.getElementById("graph").append(list);
  mark();
  tell("view", store.at);
}

function mark() {
  [...list.children].forEach((one, at) => one.classList.toggle("chosen", at === chosen));
}

function key(event) {
  if (event.key === "Escape") { box.value = ""; close(); box.blur(); }
  if (!list) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    chosen = Math.max(0, Math.min(list.children.length - 1, chosen + (event.key === "ArrowDown" ? 1 : -1)));
    mark();
    event.preventDefault();
  }
  if (event.key === "Enter") list.children[chosen]?.click();
}

function take(name) {
  box.value = "";
  close();
  tell("open", name);
}

function close() {
  list?.remove();
  list = null;
  store.dimmed = null;
  tell("view", store.at);
}
