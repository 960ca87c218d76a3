// Failures: dead letters with the inputs, the trace, and another try.

import { h, say, text } from "./dom.js";
import { get, post } from "./api.js";
import { on, store } from "./store.js";
import { number } from "./words.js";

export function failurePage(body, about) {
  let known = null;
  const made = new Map(); // letters that are shown stay as they are, also when one was opened
  const draw = async () => {
    const now = JSON.stringify([Object.values(store.nodes).map((one) => one.failed), store.tick?.graph?.open.map((one) => one.failures)]);
    if (now === known) return;
    known = now;
    try {
      const found = await get(`/api/look/${store.number}/letters`);
      const letters = found.filter((one) => !about || one.node === about.name);
      const wanted = alike(letters).slice(0, 50).map(([key, all]) => {
        if (!made.has(key)) made.set(key, item(all.at(-1)));
        made.get(key).count(all);
        return made.get(key).element;
      });
      if (wanted.length) { if (body.firstElementChild !== wanted[0] || body.childElementCount !== wanted.length) body.replaceChildren(...wanted); } else body.replaceChildren(...([h("p", { class: "soft", text: about ? "Nothing has failed in this node." : "Nothing has failed." })]));
    } catch (error) { body.replaceChildren(h("p", { class: "soft", text: error.message })); }
  };
  draw();
  return { end: on("tick", draw), facts: draw };
}

/** Failures of one node with one error together, those that came last first. */
function alike(letters) {
  const found = new Map();
  for (const one of letters) {
    const key = `${one.result} ${one.node} ${one.revision} ${one.error}`;
    const all = found.get(key) ?? [];
    found.delete(key);
    found.set(key, [...all, one]);
  }
  return [...found].reverse();
}

function item(first) {
  let letter = first;
  const when = h("span", { class: "when" });
  const many = h("span", { class: "pill bad", hidden: true });
  const count = (all) => {
    if (!more.childElementCount) letter = all.at(-1);
    text(when, letter.place);
    many.hidden = all.length < 2;
    text(many, `${all.length} times`);
  };
  const more = h("div");
  const show = async () => {
    if (more.childElementCount) { more.replaceChildren(); return; }
    const whole = store.graph.read_only ? letter : await get(`/api/dead-letters/${letter.id}`).catch(() => letter);
    more.replaceChildren(...inputs(whole), h("pre", { text: whole.trace || "no trace" }));
  };
  const retry = async () => {
    try {
      const answer = await post(`/api/dead-letters/${letter.id}/retry`, {});
      const good = answer.success;
      more.replaceChildren(h("div", { class: `item ${good ? "good" : "bad"} retried` }, h("p", { text: good ? "It works now." : `It fails again: ${answer.error ?? ""}` }),
        h("pre", { text: [...Object.entries(answer.outputs).map(([name, what]) => `${name}: ${what}`), answer.trace, ...answer.remarks, `${answer.seconds.toFixed(3)} s`].filter(Boolean).join("\n") })));
    } catch (error) { say(error.message, true); }
  };
  const element = h("div", { class: "item bad letter" }, h("h3", {}, letter.node, many, when), h("p", { class: "badtext", text: letter.error }),
    h("p", { class: "small soft", text: `revision ${letter.revision ?? ""}` }),
    h("div", { class: "row" }, h("button", { text: "Details", onclick: show }), !store.graph.read_only && h("button", { text: "Try again", title: "Try this event in this node once more, with the parameters as they are now", onclick: retry })), more);
  return { element, count };
}

function inputs(letter) {
  const given = Object.entries(letter.inputs ?? {});
  const left = Object.entries(letter.left_out ?? {}).map(([what, why]) => `${what} not kept: ${why}`);
  return [given.length && h("p", { class: "small" }, "Inputs: ", given.map(([port, what]) => `${port}: ${letter.looks?.[port] ? said(letter.looks[port]) : what}`).join("; ")), left.length && h("p", { class: "small soft", text: left.join("; ") }),
    h("p", { class: "small soft", text: `Parameters then: ${Object.entries(letter.parameters ?? {}).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ") || "none"}` })].filter(Boolean);
}

const said = (look) => (typeof look === "string" ? look : Object.entries(look).map(([name, value]) => (name === "what" ? value : `${name} ${typeof value === "object" ? JSON.stringify(value) : number(value)}`)).join(", "));
