// The parameters of a node as a form: change, see what that will do, apply, undo, write back.

import { get, post } from "./api.js";
import { h, say } from "./dom.js";
import { Change } from "./change.js";
import { field } from "./field.js";
import { node, store } from "./store.js";

export function parameterPage(body, about) {
  const fields = about.parameters.map((one) => field({ ...one }, () => edited()));
  const changes = () => Object.fromEntries(fields.filter((one) => one.differs()).map((one) => [`${about.name}.${one.name}`, one.value()]));
  const reset = () => { for (const one of fields) one.set(node(about.name).parameters.find((now) => now.name === one.name).value); };
  const change = new Change(changes, { done: () => edited(), left: () => { reset(); edited(); }, wrong: fault });
  const foot = h("div", { class: "sticky" }, change.element);
  let soon = null;
  function fault(error) {
    for (const one of fields) {
      const found = error.faults?.find((two) => JSON.stringify(two).includes(one.name) && one.differs());
      one.fault(found ? `${found.message}${found.hint ? ` (${found.hint})` : ""}` : null);
    }
  }
  function edited() {
    for (const one of fields) { one.mark(); one.fault(null); }
    const any = fields.some((one) => one.differs());
    foot.hidden = !any;
    clearTimeout(soon);
    if (any) soon = setTimeout(() => change.plan(), 250);
    else change.said.replaceChildren();
  }
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); if (fields.some((one) => one.differs())) change.make(); } }, fields.map((one) => one.element), foot, h("button", { type: "submit", hidden: true }));
  change.apply.type = "button";
  change.discard.type = "button";
  body.replaceChildren(h("p", { class: "small soft", text: "A change holds from the next event on, for all nodes at once. Enter applies." }), form, ...(store.graph.read_only ? [] : [more(about)]));
  if (store.graph.read_only) for (const one of form.querySelectorAll("input, select")) one.disabled = true;
  edited();
  return {
    facts: (now) => { for (const one of fields) { const fresh = now.parameters.find((two) => two.name === one.name); if (!one.differs() || JSON.stringify(one.value()) === JSON.stringify(fresh.value)) one.set(fresh.value); } edited(); },
    end: () => clearTimeout(soon),
  };
}

function more(about) {
  const act = (path, given, words) => async () => {
    try { say(words(await post(path, { graph: store.graph.name, ...given() }))); } catch (error) { say(error.message, true); }
  };
  const keys = async () => {
    const found = await get(`/api/revisions?graph=${encodeURIComponent(store.graph.name)}`).catch(() => ({ revisions: [] }));
    return [...new Set(found.revisions.flatMap((one) => Object.keys(one.changes ?? {})).filter((key) => key.startsWith(`${about.name}.`)))];
  };
  const back = h("button", { text: "Write back to the file", title: `The values in force go into ${store.graph.file || "the graph's file"}; nothing else in it changes`, onclick: async () => {
    const changed = await keys();
    if (!changed.length) { say("No parameter of this node was changed since the graph was read."); return; }
    await act("/api/write-back", () => ({ keys: changed }), (made) => (made.difference ? `Written to ${made.file}` : "The file has these values already."))();
  } });
  return h("div", { class: "row" }, h("button", { text: "Undo the last change", onclick: act("/api/undo", () => ({ author: "page" }), (made) => `Revision ${made.revision}: as it was before.`) }), back);
}
