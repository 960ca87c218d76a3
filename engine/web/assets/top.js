// The bar: what runs, how far it is, what holds it up, and how the view moves in time.

import { h, text } from "./dom.js";
import { on, store, tell } from "./store.js";
import { percent, rate } from "./words.js";
import { timeTools } from "./time.js";
import { searchBox } from "./search.js";
import { nextTheme, themeName } from "./theme.js";
import { help } from "./keys.js";

const place = document.getElementById("top");
const parts = {};

export function drawTop() {
  if (parts.name) return;
  parts.name = h("span", { class: "name" });
  parts.phase = h("span", { class: "pill" }, h("span", { class: "dot", "aria-hidden": "true" }), h("span", { text: "connecting" }));
  parts.bar = h("i");
  parts.run = h("span");
  parts.progress = h("div", { class: "progress" }, parts.run, h("div", { class: "bar", role: "progressbar", "aria-label": "Progress of the run" }, parts.bar));
  parts.slow = h("button", { class: "pill wait", hidden: true, title: "The node that takes most of the time: show it" });
  parts.revision = h("button", { class: "pill accent", title: "Revision of the parameters in force: show all changes", onclick: () => tell("overview", "changes") });
  parts.failures = h("button", { class: "pill bad", hidden: true, onclick: () => tell("overview", "failures") });
  const theme = h("button", { class: "plain", text: themeName(), title: "Light or dark (t)", "aria-label": "Light or dark", onclick: () => { text(theme, nextTheme()); } });
  on("theme", () => text(theme, themeName()));
  place.append(h("div", { class: "brand" }, h("img", { src: "/assets/icon.svg", alt: "" }), "headrace", parts.name),
    parts.phase, parts.progress, parts.revision, parts.failures, parts.slow, h("span", { class: "grow" }),
    timeTools(), searchBox(), theme, h("button", { class: "plain", text: "?", "aria-label": "Keys and hints", title: "Keys and hints (?)", onclick: help }));
}

function phase(message) {
  const over = message.status.phase === "waiting" && !message.status.source && message.graph?.ended.length > 0;
  const told = store.graph?.read_only ? "finished run" : over ? "all runs are done" : message.status.phase;
  parts.phase.className = `pill ${told === "working" ? "good" : told === "waiting" ? "wait" : ""}`;
  text(parts.phase.lastChild, told === "waiting" ? "waiting for runs" : told);
}

function runs(message) {
  const run = message.graph?.open.at(-1) ?? message.graph?.ended[0];
  parts.progress.hidden = !run;
  if (!run) return;
  const of = run.announced ? ` of ${run.announced}` : "";
  parts.run.replaceChildren(h("b", { text: run.scan_id !== null ? `scan ${run.scan_id}` : run.uid.slice(0, 8) }), ` ${run.plan_name} · ${run.done}${of} events${run.state === "open" ? ` · ${rate(run.rate)}` : ` · ${run.state}`}`);
  const share = run.announced ? Math.min(1, run.done / run.announced) : run.state === "open" ? 0 : 1;
  parts.bar.parentElement.hidden = !run.announced;
  parts.bar.style.width = percent(share).replace(" ", "");
  parts.bar.parentElement.setAttribute("aria-valuenow", Math.round(share * 100));
}

export function bottleneck() {
  const open = store.tick?.graph?.open.at(-1);
  if (!open) return null;
  const all = [...open.nodes].sort((one, other) => other.busy - one.busy);
  return all[0]?.busy > 0.02 ? { node: all[0], total: all.reduce((sum, one) => sum + one.busy, 0) } : null;
}

function slowest() {
  const found = bottleneck();
  parts.slow.hidden = !found;
  if (!found) return;
  const share = found.node.busy;
  parts.slow.className = `pill slowest ${share > 0.8 ? "bad" : share > 0.3 ? "wait" : ""}`;
  text(parts.slow, `${found.node.name} ${percent(share)} busy`);
  parts.slow.setAttribute("aria-label", `slowest node: ${found.node.name}, ${percent(share)} busy`);
  parts.slow.onclick = () => tell("open", found.node.name);
}

/** One of several graphs: a choice instead of a name. */
function names(all) {
  if (all.length < 2 || store.graph?.read_only) { text(parts.name, store.graph?.name); return; }
  if (parts.choice) return;
  parts.choice = h("select", { "aria-label": "Graph", onchange: () => { location.search = `?graph=${parts.choice.value}`; } }, all.map((name, at) => h("option", { value: at, text: name })));
  parts.choice.value = String(store.number);
  parts.name.replaceChildren(parts.choice);
}

on("tick", (message) => {
  names(message.names ?? []);
  phase(message);
  runs(message);
  slowest();
  parts.revision.hidden = !message.graph || Boolean(store.graph?.read_only);
  text(parts.revision, `revision ${message.graph?.revision ?? ""}`);
  const failures = message.graph?.open.reduce((sum, run) => sum + run.failures, 0) || message.graph?.ended[0]?.failures || 0;
  parts.failures.hidden = !failures;
  text(parts.failures, `✕ ${failures} failed`);
});
on("link", (there) => {
  if (there) return;
  parts.phase.className = "pill bad";
  text(parts.phase.lastChild, "no connection; trying again");
});
