// A table, some rows at a time.

import { h } from "./dom.js";
import { many, number } from "./words.js";

export function tableView(value, page) {
  const head = h("tr", {}, h("th", { text: "#" }), value.columns.map((name) => h("th", { text: name })));
  const rows = value.cells.map((cells, at) => h("tr", {}, h("td", { text: value.first + at }), cells.map((cell) => h("td", { text: typeof cell === "number" ? number(cell) : cell === null ? "–" : String(cell) }))));
  const last = value.first + value.cells.length;
  const turn = (label, words, to, possible) => h("button", { text: label, "aria-label": words, disabled: !possible, onclick: () => page(to) });
  return h("div", {}, h("div", { class: "row" }, h("span", { class: "soft small", text: value.rows === value.cells.length ? many(value.rows, "row") : `rows ${value.first} to ${last - 1} of ${value.rows}` }), h("span", { class: "grow" }),
    turn("◀", "Rows before", Math.max(0, value.first - 200), value.first > 0), turn("▶", "Rows after", last, last < value.rows)),
  h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table" }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows))));
}
