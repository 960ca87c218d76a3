// A change before it is made: what it will do, then Apply. Used by the form and by regions.

import { post } from "./api.js";
import { h, say } from "./dom.js";
import { store } from "./store.js";

export class Change {
  constructor(changes, about = {}) {
    this.changes = changes;
    this.about = about;
    this.said = h("div", { "aria-live": "polite" });
    this.apply = h("button", { class: "main", text: "Apply", onclick: () => this.make() });
    this.discard = h("button", { text: "Discard", onclick: () => { this.said.replaceChildren(); about.left?.(); } });
    this.retro = h("input", { type: "checkbox", id: `retro-${Math.random()}` });
    this.element = h("div", {}, this.said, h("div", { class: "row" }, this.apply, this.discard, h("label", { class: "small", title: "Compute the events of the current run anew too, in the background" }, this.retro, " earlier events of this run too")));
  }

  /** Ask what it would do. */
  async plan() {
    try {
      const plan = await post("/api/plan", { graph: store.graph.name, changes: this.changes() });
      this.said.replaceChildren(planned(plan));
      this.apply.disabled = plan.nodes.length === 0;
    } catch (error) { this.refuse(error); }
  }

  refuse(error) {
    this.said.replaceChildren(h("div", { class: "plan" }, h("p", { class: "refused wrong", text: error.status === 401 ? "This page has no token. Open it by the address that headrace printed." : error.message })));
    this.about.wrong?.(error);
  }

  async make() {
    try {
      const made = await post("/api/set", { graph: store.graph.name, changes: this.changes(), author: "page", retro: this.retro.checked });
      say(made.new === false ? "Nothing changes." : `Revision ${made.revision} is in force from the next event on${this.retro.checked ? "; earlier events are computed again (see Changes)" : ""}.`);
      this.said.replaceChildren();
      this.about.done?.(made);
    } catch (error) { this.refuse(error); }
  }
}

const WORDS = { none: "", kept: "goes on with what it remembers", reset: "begins anew", refused: "refuses while a run is under way" };

function planned(plan) {
  if (!plan.nodes.length) return h("div", { class: "plan", text: "Nothing changes." });
  return h("div", { class: "plan" }, h("b", { text: `Revision ${plan.revision}` }), h("ul", {}, plan.nodes.map((one) => h("li", {}, h("b", { text: one.node }), " ",
    Object.entries(one.changed).map(([name, [old, now]]) => `${name}: ${JSON.stringify(old)} → ${JSON.stringify(now)}`).join(", ") || one.what,
    one.memory !== "none" && h("span", { class: one.memory }, ` · ${WORDS[one.memory]}`), one.because && h("span", { class: "soft" }, ` (${one.because})`)))),
  h("p", { class: "small soft", text: plan.affected.length ? `Other values from: ${plan.affected.join(", ")}. ${plan.untouched.length ? `Untouched: ${plan.untouched.join(", ")}.` : ""}` : "No value changes." }));
}
