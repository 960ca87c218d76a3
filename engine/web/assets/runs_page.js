// Runs: those under way, and earlier ones.

import { h, say } from "./dom.js";
import { get, post } from "./api.js";
import { on, store } from "./store.js";
import { clock, rate } from "./words.js";

export function runsPage(body) {
  const list = h("div");
  const again = h("div");
  body.replaceChildren(list, again);
  let stamp = "";
  const draw = () => {
    const graph = store.tick?.graph;
    const runs = graph ? [...[...graph.open].reverse(), ...graph.ended] : [];
    const now = JSON.stringify(runs.map((one) => [one.uid, one.done, one.state, one.failures]));
    if (now === stamp) return;
    stamp = now;
    list.replaceChildren(...(runs.length ? runs.map((run) => item(run, again)) : [h("p", { class: "soft", text: graph ? "No run yet." : "This is a stored result." })]));
  };
  draw();
  return { end: on("tick", draw), facts: draw };
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
    run.state !== "open" && run.places?.length > 0 && !store.graph.read_only && h("div", { class: "row" }, h("button", { text: "Look", title: "Its values, event by event, in another tab", onclick: () => open_(run) }), h("button", { text: "Replay…", onclick: () => replay(run, again) })));
}

async function open_(run) {
  try {
    const { number } = await get(`/api/look/of/${run.result}`);
    window.open(`/?graph=${number}`, "_blank");
  } catch (error) { say(error.message, true); }
}

function replay(run, place) {
  const change = h("input", { type: "text", placeholder: "node.parameter=value, …", "aria-label": "Parameters to change" });
  const raw = h("input", { type: "text", placeholder: "raw runs: where they were", "aria-label": "Where the raw runs are" });
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
    h("div", { class: "row" }, change, raw, h("button", { class: "main", text: "Start", onclick: start }), h("button", { text: "Cancel", onclick: () => place.replaceChildren() })), said));
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
