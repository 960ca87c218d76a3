// Everything by keyboard.

import { h } from "./dom.js";
import { cardOf, fit, neighbour, zoomBy } from "./graph.js";
import { store, tell } from "./store.js";
import { step, toggle } from "./time.js";
import { focusSearch } from "./search.js";
import { nextTheme } from "./theme.js";

const KEYS = [["Tab, arrows", "from node to node"], ["Enter", "open a node"], ["Esc", "close it; leave drawing"], ["/", "search"], ["Space", "freeze, go on"],
  ["[ ]", "one event back, on"], ["+ − 0", "zoom, show all"], ["b", "go to the slowest node"], ["t", "light or dark"], ["?", "this"]];

export function help() {
  const box = h("dialog", { "aria-label": "Keys and hints" }, h("h2", { text: "Keys" }),
    h("dl", {}, KEYS.map(([keys, words]) => [h("dt", {}, h("kbd", { text: keys })), h("dd", { text: words })])),
    h("p", { class: "soft", text: "In an image: wheel zooms, drag moves, double click shows all. Values are sampled four times a second and only while a page is open; numbers and counts are of every event." }),
    h("form", { method: "dialog" }, h("button", { class: "main", text: "Close" })));
  document.body.append(box);
  box.addEventListener("close", () => box.remove());
  box.showModal();
}

const ACTS = {
  "/": focusSearch, " ": toggle, "[": () => step(-1), "]": () => step(1), "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8),
  0: fit, t: nextTheme, "?": help, b: () => tell("bottleneck", null),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog")) {
    if (event.key === "Escape") event.target.closest("#panel")?.querySelector("[role=tab][aria-selected=true]")?.focus(); // out of the form; once more closes
    return;
  }
  const card = event.target.closest?.(".card");
  if (event.key.startsWith("Arrow") && card) {
    const next = neighbour(card.dataset.node, event.key);
    if (next) { cardOf(next).focus({ preventScroll: true }); event.preventDefault(); }
    return;
  }
  if (event.key === "Escape") { escape(); return; }
  if (event.key === " " && event.target.closest("button:not(.card, [role=tab])")) return; // that presses the button; Enter does for cards and tabs
  const act = ACTS[event.key];
  if (act) { event.preventDefault(); act(); }
});

function escape() {
  const leaving = { done: false };
  tell("escape", leaving);
  if (leaving.done || !store.opened) return;
  const card = cardOf(store.opened);
  tell("open", null);
  card?.focus({ preventScroll: true });
}
