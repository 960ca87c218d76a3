// One node as a card: badge, rates, a look at its last value, how busy it is.

import { h, s, text } from "./dom.js";
import { mainPort, store, tell } from "./store.js";
import { number, percent, rate, seconds } from "./words.js";
import { drawLook } from "./thumb.js";

export const CARD = { width: 200, height: 186 };
const WORDS = { idle: "idle", running: "running", waiting: "waiting", error: "error" };
const SIGNS = { error: "✕ ", waiting: "◷ ", running: "", idle: "" };

export function makeCard(node) {
  const badge = h("span", { class: "badge" });
  const parts = { badge, look: h("div", { class: "look" }), rate: h("b"), lets: h("b", { title: "what it gives on" }), what: h("span", { class: "what", text: "p95" }), time: h("span", { title: "p95: the time in which 95 of 100 events are done" }), failed: h("span", { class: "failed" }), rev: h("span", { class: "rev" }), busy: h("i") };
  const sign = s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: node.icon }));
  const card = h("button", { class: "card", "data-node": node.name, onclick: () => tell("open", node.name) },
    h("div", { class: "head" }, sign, h("div", { class: "who" }, h("b", { text: node.name }), h("span", { text: node.type, title: node.summary })), badge),
    parts.look,
    h("div", { class: "foot" }, parts.rate, parts.lets, h("span", {}, parts.what, " ", parts.time), h("span", { class: "grow" }), parts.failed, parts.rev),
    h("div", { class: "busy" }, parts.busy));
  card.parts = parts;
  paint(card, node);
  return card;
}

function paint(card, node) {
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark");
  card.style.setProperty("--family", dark ? node.paint.dark_line : node.paint.line);
}

export function updateCard(card, name) {
  const facts = store.nodes[name];
  const about = store.graph.nodes.find((one) => one.name === name);
  paint(card, about);
  const faulty = about.faults.length > 0;
  const state = faulty ? "error" : facts?.state ?? "idle";
  const { parts } = card;
  parts.badge.className = `badge ${state}`;
  text(parts.badge, faulty ? "✕ faulty" : state === "waiting" ? `◷ waits for ${facts.waiting_for}` : SIGNS[state] + (WORDS[state] ?? state));
  parts.badge.title = parts.badge.textContent;
  text(parts.rate, facts ? (facts.rate ? rate(facts.rate_in || facts.rate) : `${facts.out}`) : "");
  const uneven = facts?.rate && Math.abs(facts.rate_in - facts.rate_out) > 0.05 * facts.rate_in;
  text(parts.lets, uneven ? `→ ${rate(facts.rate_out)}` : "");
  parts.rate.title = facts ? `${rate(facts.rate_in)} in, ${rate(facts.rate_out)} out; in all ${facts.given} in, ${facts.out} out, ${facts.filtered} left out, ${facts.failed} failed` : "";
  const timed = facts?.p95 !== null && facts?.p95 !== undefined;
  parts.what.hidden = !timed;
  text(parts.time, timed ? seconds(facts.p95) : facts?.filtered ? `${facts.filtered} left out` : "");
  text(parts.failed, facts?.failed ? `✕ ${facts.failed}` : "");
  parts.failed.title = facts?.last_error ?? "";
  const port = mainPort(name);
  const value = port ? store.ports[port] : null;
  const current = store.tick?.graph?.revision ?? 1;
  text(parts.rev, value?.revision && value.revision !== current ? `rev ${value.revision}` : "");
  parts.busy.style.width = percent(facts?.busy).replace(" ", "");
  card.classList.toggle("error", state === "error");
  card.classList.toggle("waiting", state === "waiting");
  card.classList.toggle("open", store.opened === name);
  card.classList.toggle("dim", Boolean(store.dimmed?.has(name)));
  card.classList.toggle("unreached", store.at !== null && !value && about.outputs.length > 0);
  drawLook(parts.look, about, port, value, name, state === "error" ? facts?.last_error || about.faults.join("; ") : "");
  const doing = state === "waiting" ? `waits for ${facts.waiting_for}` : WORDS[state] ?? state;
  card.setAttribute("aria-label", `${name}, ${about.type}, ${doing}${facts ? `, ${rate(facts.rate)}, busy ${percent(facts.busy)}` : ""}${facts?.failed ? `, ${facts.failed} failed` : ""}${value?.kind === "scalar" ? `, value ${number(value.value)}` : ""}`);
}
