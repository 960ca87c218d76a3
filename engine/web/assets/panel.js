// The panel at the side: a node that was opened, or what goes on in all.

import { h } from "./dom.js";
import { tabs } from "./tabs.js";
import { node, on, store, tell } from "./store.js";
import { bottleneck } from "./top.js";
import { reveal } from "./graph.js";
import { valuePage } from "./value_page.js";
import { parameterPage } from "./parameter_page.js";
import { historyPage } from "./history_page.js";
import { failurePage } from "./failure_page.js";
import { aboutPage } from "./about_page.js";
import { comparePage } from "./compare_page.js";
import { runsPage } from "./runs_page.js";
import { changesPage } from "./changes_page.js";
import { overviewPage } from "./overview_page.js";

const place = document.getElementById("panel");
const NODE = { value: ["Value", valuePage], parameters: ["Parameters", parameterPage], history: ["History", historyPage], compare: ["Compare", comparePage], failures: ["Failures", failurePage], about: ["About", aboutPage] };
const ALL = { now: ["Now", overviewPage], runs: ["Runs", runsPage], changes: ["Changes", changesPage], failures: ["Failures", failurePage] };
const OFTEN = { event: (stream) => `each ${stream ? `${stream} ` : ""}event`, run: () => "once per run", final: () => "at the end of a run" };
const last = { node: "value", all: "now" };
let page = null;

function draw(focus = false) {
  page?.end?.();
  const about = store.opened ? node(store.opened) : null;
  const pages = about ? NODE : ALL;
  const which = about ? "node" : "all";
  const body = h("div", { role: "tabpanel", tabindex: -1, "aria-labelledby": `tab-${last[which]}` });
  const offered = Object.entries(pages).filter(([name]) => offers(name, about)).map(([name, [words]]) => [name, words]);
  if (!offered.some(([name]) => name === last[which])) last[which] = offered[0][0];
  const choose = (name) => { last[which] = name; draw(); document.getElementById(`tab-${name}`)?.focus(); };
  place.replaceChildren(about ? heading(about) : h("div", { class: "title" }, h("div", { class: "grow" }, h("h2", { text: store.graph?.name ?? "" }), h("p", { text: store.graph?.description ?? "" }))),
    tabs(about ? about.name : "Overview", offered, last[which], choose), body);
  page = pages[last[which]][1](body, about) ?? null;
  if (focus) place.querySelector("[aria-selected=true]")?.focus();
}

function offers(name, about) {
  if (store.graph?.read_only && (name === "changes" || name === "compare" || (name === "history" && about))) return false;
  if (name === "parameters") return about.parameters.length > 0;
  if (name === "value" && about) return about.outputs.length > 0 || about.inputs.length > 0;
  return true;
}

function heading(about) {
  const where = [about.family, OFTEN[about.cadence]?.(about.stream), !about.place.startsWith("<") && about.place].filter(Boolean).join(" · ");
  return h("div", { class: "title" }, h("div", { class: "grow" }, h("h2", {}, about.name, " ", h("span", { class: "soft small", text: about.type })), h("p", { text: about.summary }), h("p", { class: "small", text: where })),
    h("button", { class: "plain", "aria-label": "Close", title: "Close (Esc)", text: "✕", onclick: () => tell("open", null) }));
}

on("open", (name) => {
  store.opened = name;
  tell("opened", name);
  draw(Boolean(name));
  if (name) reveal(name);
});
on("overview", (name) => { store.opened = null; last.all = name; tell("opened", null); draw(true); });
on("bottleneck", () => { const found = bottleneck(); if (found) tell("open", found.node.name); });
on("facts", () => { if (!store.opened || !page?.facts) draw(); else page.facts(node(store.opened)); });
