// Drawing a region that becomes a parameter: choose what for, draw, see the plan, apply.

import { h } from "./dom.js";
import { Change } from "./change.js";
import { node, store } from "./store.js";
import { targetsOn } from "./regions.js";

export function regionTools(view, port, about) {
  const targets = store.graph.read_only ? [] : targetsOn(port).sort((one, other) => (other.node === about.name) - (one.node === about.name));
  const element = h("div", { class: "regions" });
  const facts = () => {};
  if (!targets.length) return { element, proposal: null, facts };
  const choice = h("select", { "aria-label": "Region for" }, targets.map((one) => h("option", { value: `${one.node}.${one.parameter}`, text: `${one.node}.${one.parameter}` })));
  const draw = h("button", { text: "✎ Draw", title: "Draw with the mouse; a polygon ends at its first corner or with Enter; Esc leaves" , "aria-pressed": "false" });
  const hint = h("span", { class: "small soft" });
  const proposal = h("div", { class: "proposed" });
  const stop = () => { draw.setAttribute("aria-pressed", "false"); hint.textContent = ""; };
  view.drawing.left = stop;
  const taken = (key) => (value) => {
    stop();
    const name = key.split(".")[0];
    const others = (node(name)?.parameters ?? []).filter((one) => ["box", "polygon"].includes(one.name) && `${name}.${one.name}` !== key && one.value !== null);
    const changes = { [key]: value, ...Object.fromEntries(others.map((one) => [`${name}.${one.name}`, null])) };
    const change = new Change(() => changes, { done: () => { proposal.replaceChildren(); view.drawing.cancel(); }, left: () => { proposal.replaceChildren(); view.drawing.cancel(); } });
    proposal.replaceChildren(h("div", { class: "proposal" }, h("p", {}, h("b", { text: key }), ` = ${JSON.stringify(value)}`), change.element));
    change.plan();
  };
  draw.onclick = () => {
    if (draw.getAttribute("aria-pressed") === "true") { view.drawing.cancel(); return; }
    proposal.replaceChildren();
    const kind = choice.value.split(".")[1];
    view.drawing.begin(kind, taken(choice.value));
    draw.setAttribute("aria-pressed", "true");
    hint.textContent = kind === "box" ? "drag a box" : "click the corners; close at the first, or with Enter";
  };
  element.append(h("div", { class: "row" }, h("span", { class: "small", text: "Region for" }), choice, draw, hint));
  return { element, proposal, facts };
}
