// Revisions: what was changed, by whom, from which event on; undo; writing back to the file.

import { h, say } from "./dom.js";
import { get, post } from "./api.js";
import { on, store } from "./store.js";
import { clock } from "./words.js";

export function changesPage(body) {
  let known = null;
  let stamp = "";
  let going = false; // something is under way: a change that waits for its event, events that are computed again
  const draw = async () => {
    const now = store.tick?.graph?.revision;
    if (now === known && !going) return;
    known = now;
    try {
      const found = await get(`/api/revisions?graph=${encodeURIComponent(store.graph.name)}`);
      going = found.waiting.length > 0 || (found.again ?? []).some((one) => one.state === "catching up");
      if (JSON.stringify(found) === stamp) return;
      stamp = JSON.stringify(found);
      body.replaceChildren(...content(found, () => { known = null; draw(); }));
    } catch (error) { body.replaceChildren(h("p", { class: "badtext", text: error.message })); }
  };
  draw();
  return { end: on("tick", draw), facts: draw };
}

function content(found, refresh) {
  const act = async (path, body, words) => {
    try { say(words(await post(path, { graph: store.graph.name, ...body }))); } catch (error) { say(error.message, true); }
    refresh();
  };
  const buttons = h("div", { class: "row" }, h("button", { text: "Undo the last change", disabled: found.revisions.length < 2, onclick: () => act("/api/undo", { author: "page" }, (made) => `Revision ${made.revision}: as it was before.`) }),
    h("button", { text: "Write back to the file", disabled: found.revisions.length < 2, title: store.graph.file, onclick: () => act("/api/write-back", {}, (made) => made.difference ? `Written to ${made.file}:\n${made.difference}` : "The file has these values already.") }));
  const waiting = found.waiting.map((one) => h("div", { class: "item wait" }, h("p", { text: `Revision ${one.revision} waits for event ${one.event}.` })));
  const again = (found.again ?? []).map((one) => h("div", { class: "item accent" }, h("p", { text: `Run ${one.run.slice(0, 8)} is computed again under revision ${one.revision}: ${one.done} events, ${one.state}.` })));
  return [buttons, ...waiting, ...again, ...[...found.revisions].reverse().map((one) => item(one, found.current))];
}

function item(one, current) {
  const changes = Object.entries(one.changes ?? {});
  return h("div", { class: `item ${one.revision === current ? "accent" : ""}` },
    h("h3", {}, `revision ${one.revision}`, one.revision === current && h("span", { class: "pill accent", text: "in force" }), h("span", { class: "when", text: clock(one.time) })),
    one.undoes && h("p", { class: "small", text: `takes back revision ${one.undoes}` }), one.author && h("p", { class: "small soft", text: `by ${one.author}` }),
    ...(changes.length ? changes.map(([key, value]) => h("p", {}, h("b", { text: key }), ` = ${JSON.stringify(value)}`)) : [h("p", { class: "soft small", text: one.graph ? "nodes or edges were changed" : one.revision === 1 ? "as it began" : "" })]));
}
