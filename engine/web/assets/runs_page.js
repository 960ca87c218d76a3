// Runs: those under way, and earlier ones.

import { h, say } from "./dom.js";
import { get, post } from "./api.js";
import { on, store } from "./store.js";
import { clock, rate } from "./words.js";

export function runsPage(body) {
  const list = h("div");
  const again = h("div"); // in the item of the run that is to be replayed
  const none = h("p", { class: "soft", text: store.tick?.graph ? "No run yet." : "This is a stored result." });
  const shown = new Map();
  body.replaceChildren(none, list);
  const draw = () => {
    const graph = store.tick?.graph;
    const runs = graph ? [...[...graph.open].reverse(), ...graph.ended] : [];
    none.hidden = runs.length > 0;
    for (const [key, one] of shown) if (!runs.some((run) => keyOf(run) === key)) { one.element.remove(); shown.delete(key); }
    runs.forEach((run, at) => place(list, shown, run, at, again));
  };
  draw();
  return { end: on("tick", draw), facts: draw };
}

const keyOf = (run) => `${run.uid} ${run.result ?? ""} ${run.began}`;

/** Put a run where it belongs; what has not changed stays untouched, as somebody may be typing in it. */
function place(list, shown, run, at, again) {
  const key = keyOf(run);
  const stamp = JSON.stringify([run.done, run.state, run.failures, run.revision, run.places]);
  const known = shown.get(key);
  if (known?.stamp !== stamp) {
    const element = item(run, again);
    known?.element.replaceWith(element);
    shown.set(key, { stamp, element });
  }
  const { element } = shown.get(key);
  if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
}

const LOOK = { open: "accent", success: "good", fail: "bad", abort: "wait" };

function item(run, again) {
  const bar = h("i");
  bar.style.width = `${run.announced ? Math.min(100, (100 * run.done) / run.announced) : run.state === "open" ? 0 : 100}%`;
  const lost = Object.entries(run.lost).filter(([, many]) => many).map(([stream, many]) => `${many} of ${stream} never came`);
  return h("div", { class: `item ${LOOK[run.state] ?? ""}` },
    h("h3", {}, run.scan_id !== null ? `scan ${run.scan_id}` : run.uid.slice(0, 8), h("span", { class: "soft small", text: run.plan_name }), h("span", { class: "when", text: `${run.state === "open" ? "running" : run.state} ${clock(run.began)}` })),
    run.state === "open" && h("div", { class: "bar" }, bar),
    h("p", { class: "small", text: [`${run.done}${run.announced ? ` of ${run.announced}` : ""} events`, run.state === "open" ? rate(run.rate) : "", run.failures ? `${run.failures} failed` : "", ...lost, `revision ${run.revision}`].filter(Boolean).join(" · ") }),
    run.reason && h("p", { class: "small badtext", text: run.reason }),
    run.places?.length > 0 && h("p", { class: "small soft", text: run.places.join(", ") }),
    run.state !== "open" && run.places?.length > 0 && !store.graph.read_only && h("div", { class: "row" }, h("button", { text: "Look", title: "Its values, event by event, in another tab", onclick: () => openResult(run) }), h("button", { text: "Replay…", onclick: (event) => { event.target.closest(".item").append(again); replay(run, again); } })));
}

export async function openResult(run) {
  try {
    const { number } = await get(`/api/look/of/${run.result}`);
    window.open(`/?graph=${number}`, "_blank");
  } catch (error) { say(error.message, true); }
}

function replay(run, place) {
  const change = h("input", { type: "text", placeholder: "for example peaks.minmass=400", "aria-label": "Parameters to change" });
  const raw = h("input", { type: "text", placeholder: "raw runs: found by themselves, or a folder", "aria-label": "Where the raw runs are" });
  const said = h("div");
  const start = async () => {
    try {
      said.replaceChildren(h("p", { class: "soft", text: "Working…" }));
      const answer = await post("/api/replay", { graph: store.graph.name, result: run.result, set: parsed(change.value), raw: raw.value.trim() || null });
      said.replaceChildren(h("pre", { text: answer.text ?? JSON.stringify(answer, null, 1) }));
      if (answer.number) follow(answer.number, said);
    } catch (error) { said.replaceChildren(h("p", { class: "badtext", text: error.message })); }
  };
  place.replaceChildren(h("div", { class: "proposal" }, h("p", {}, "Replay ", h("b", { text: run.result.slice(0, 8) }), " with other parameters; what doesn't depend on them is taken from the cache."),
    change, raw, h("div", { class: "row" }, h("button", { class: "main", text: "Start", onclick: start }), h("button", { text: "Close", onclick: () => place.replaceChildren() })), said));
  place.scrollIntoView({ block: "nearest" });
  change.focus();
}

/** "node.parameter=value, …" as names and values. */
function parsed(words) {
  const pairs = words.split(/[,;]\s*(?=\w+\.\w+\s*=)/).map((one) => one.trim()).filter(Boolean).map((one) => one.split(/=(.*)/s).map((part) => part.trim()));
  return Object.fromEntries(pairs.map(([key, value]) => { try { return [key, JSON.parse(value)]; } catch { return [key, value]; } }));
}

async function follow(number, said) {
  for (;;) {
    await new Promise((done) => setTimeout(done, 700));
    const answer = await get(`/api/replay/${number}`).catch(() => null);
    if (!answer) return;
    said.replaceChildren(h("pre", { text: answer.text }));
    if (answer.done) { say(answer.failed ? "The replay failed." : "The replay is done.", Boolean(answer.failed)); return; }
  }
}
