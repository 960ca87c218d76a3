// What goes on now: where the time goes, what comes in, what waits.

import { h } from "./dom.js";
import { on, store, tell } from "./store.js";
import { openResult } from "./runs_page.js";
import { everyBox } from "./time.js";
import { clock, memory, percent, rate, seconds } from "./words.js";

export function overviewPage(body) {
  const page = { every: everyBox() };
  const draw = () => body.replaceChildren(...content(page));
  draw();
  const end = on("tick", draw);
  return { end, facts: draw };
}

function content(page) {
  const { graph, status } = store.tick ?? {};
  if (!status) return [h("p", { class: "soft", text: "Waiting for the first numbers…" })];
  if (!graph) return [];
  if (store.graph.read_only) return stored(graph.ended[0]);
  const run = graph.open.at(-1);
  const fact = (value, words) => h("div", {}, h("b", { text: value }), h("span", { text: words }));
  const facts = h("div", { class: "facts" }, fact(run ? rate(run.rate) : "–", "events"), fact(run?.lag !== null && run?.lag !== undefined ? seconds(Math.max(0, run.lag)) : "–", "behind"),
    fact(Object.values(graph.runs_ended).reduce((sum, one) => sum + one, 0), "runs done"), fact(memory(status.memory), "memory"), fact(clock(status.since), "since"));
  return [facts, ...unseen(graph, run), ...source(status.source), ...busy(run), h("h3", { class: "part", text: "View" }), page.every, h("p", { class: "soft small", text: "Open a node for its values, parameters and failures. Draw a region on an image to move a roi, crop or mask. Press ? for keys." })];
}

/** Values are kept only while a page is open: say so when it came after the work was done, and lead to what was stored. */
function unseen(graph, run) {
  const last = graph.ended[0];
  if (run || !last || Object.values(store.ports).some((one) => one.at > 0)) return [];
  return [h("div", { class: "item wait" }, h("p", { text: "No page was open while this run was worked on, so its values are not here." }),
    last.places?.length > 0 && h("div", { class: "row" }, h("button", { text: "Look at the values it stored", onclick: () => openResult(last) })))];
}

function stored(run) {
  return [h("p", { text: "A finished run, as it was stored. Values are those that the graph kept; nothing can be changed here." }),
    run.reason && h("p", { class: "badtext", text: run.reason }), h("p", { class: "soft small", text: "Freeze (space), and step through its events with [ and ]." }), ...busy(run)].filter(Boolean);
}

function source(found) {
  if (!found) return [];
  const queues = found.queues ?? [];
  const sum = (name) => queues.reduce((all, one) => all + (one[name] || 0), 0);
  const waiting = sum("waiting");
  const lost = sum("dropped") + sum("discarded");
  const full = Math.max(0, ...queues.map((one) => Math.max(one.waiting / (one.max_documents || Infinity), one.waiting_bytes / (one.max_bytes || Infinity))));
  return [h("h3", { class: "part", text: "Source" }), h("div", { class: `item ${found.connected ? "good" : "bad"}` }, h("p", {}, h("b", { text: found.address }), ` · ${found.connected ? "connected" : "not connected"}`),
    h("p", { class: "small soft", text: `${found.received} documents, ${waiting} waiting${lost ? `, ${lost} given up` : ""}${found.refused ? `, ${found.refused} refused: ${found.last_refusal}` : ""}` }),
    full > 0.01 && h("div", { class: "bar" }, bar(full)))];
}

function bar(share) {
  const filled = h("i");
  filled.style.width = `${Math.min(100, share * 100)}%`;
  return filled;
}

function busy(run) {
  if (!run) return [];
  const nodes = [...run.nodes].filter((one) => one.seconds > 0).sort((one, other) => other.busy - one.busy || other.seconds - one.seconds).slice(0, 10);
  const all = run.nodes.reduce((sum, one) => sum + one.busy, 0);
  const worst = nodes[0];
  const words = store.graph.read_only ? "Shares of the time that its nodes took:" : !worst || all < 0.02 ? "Nothing takes time worth speaking of." : all > 0.9
    ? `The graph is at its limit: ${percent(all)} of the time at work, ${percent(worst.busy / all)} of that in ${worst.name}.`
    : `At work ${percent(all)} of the time, mostly in ${worst.name}; it could take about ${(1 / Math.max(all, 0.01)).toFixed(1)} times the rate.`;
  return [h("h3", { class: "part", text: "Where the time goes" }), h("p", { class: "small", text: words }),
    ...nodes.map((one) => h("button", { class: "plain", style: { display: "block", width: "100%", "text-align": "left" }, onclick: () => tell("open", one.name) },
      h("span", { class: "row" }, h("b", { text: one.name }), h("span", { class: "soft small", text: `${percent(one.busy)} · p95 ${seconds(one.p95)} · ${seconds(one.seconds)} in all` })), h("div", { class: "bar busy" }, bar(one.busy))))];
}
