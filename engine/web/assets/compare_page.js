// Two revisions side by side: what a node gave last under each.

import { get, look } from "./api.js";
import { h } from "./dom.js";
import { wish } from "./live.js";
import { mainPort, on, store } from "./store.js";
import { imageFor } from "./thumb.js";
import { ImageView } from "./image_view.js";
import { pictureTools } from "./picture_tools.js";
import { Plot } from "./plot.js";
import { number } from "./words.js";

export function comparePage(body, about) {
  const page = { about, views: [], sides: null, former: [] };
  const end = () => page.views.forEach((one) => one.end());
  const ends = [on("former", (message) => { page.former = message.events; draw(body, page); }), on("tick", () => now(page))];
  wish({ list: true });
  body.replaceChildren(h("p", { class: "soft", text: "Looking for values of earlier revisions…" }));
  return { facts: () => wish({ list: true }), end: () => { ends.forEach((one) => one()); end(); } };
}

function draw(body, page) {
  page.views.forEach((one) => one.end());
  page.views = [];
  const current = store.tick?.graph?.revision;
  const choices = [...page.former.filter((one) => one.revision !== current), { revision: current, at: 0 }];
  if (choices.length < 2) { body.replaceChildren(h("p", { class: "soft", text: "There is one revision only so far. Change a parameter; the last values of the revision before are kept here to be compared." })); return; }
  const select = (label, chosen) => {
    const box = h("select", { "aria-label": label }, choices.map((one) => h("option", { value: one.at, text: `revision ${one.revision}${one.at ? "" : " (now)"}` })));
    box.value = String(chosen.at);
    box.onchange = () => now(page, true);
    return box;
  };
  const boxes = [select("Left revision", choices.at(-2)), select("Right revision", choices.at(-1))];
  const sides = boxes.map((box) => ({ box, place: h("div") }));
  page.sides = sides;
  page.tools = h("div");
  page.below = h("div");
  body.replaceChildren(h("div", { class: "two" }, sides.map((side) => h("div", {}, side.box, side.place))), page.tools, page.below);
  now(page, true);
}

async function now(page, anew = false) {
  if (!page.sides || page.busy) return;
  page.busy = true;
  try {
    const port = mainPort(page.about.name);
    const summary = store.ports[port];
    const base = summary && (summary.kind === "image" || summary.spots) ? imageFor(page.about.name, port) : null;
    const values = [];
    for (const [number_, side] of page.sides.entries()) {
      const at = Number(side.box.value) || summary?.at || 0;
      if (side.at === at && !anew) { values.push(side.value); continue; }
      side.at = at;
      side.value = await get(look(port, "value", { at })).catch(() => null);
      values.push(side.value);
      if (base) picture(page, side, number_, base, at);
      else describe(side, side.value);
    }
    if (!base && values.every((one) => one?.kind === "profile")) curves(page, values);
  } finally { page.busy = false; }
}

function picture(page, side, number_, base, at) {
  if (!page.views[number_]) {
    page.views[number_] = new ImageView({ label: `image ${number_ + 1}` });
    side.words = h("p", { class: "small soft" });
    side.place.replaceChildren(page.views[number_].element, side.words);
    if (page.views[0] && page.views[1]) page.tools.replaceChildren(pictureTools(page.views));
  }
  page.views[number_].show(base, Number(side.box.value) || at || store.ports[base]?.at, 0, side.value?.spots ?? []);
  side.words.textContent = side.value ? side.value.what : "no value is kept of this event";
}

function describe(side, value) {
  if (!value) side.place.replaceChildren(h("p", { class: "soft", text: "no value is kept" }));
  else if (value.kind === "scalar") side.place.replaceChildren(h("p", { class: "big", text: number(value.value) }));
  else side.place.replaceChildren(h("p", { text: value.what }));
}

function curves(page, values) {
  if (!page.plot) { page.plot = new Plot([values[0].x_name, "left", "right"]); page.views.push(page.plot); page.below.replaceChildren(page.plot.element); }
  if (values[0].x.length === values[1].x.length) page.plot.show([values[0].x, values[0].y, values[1].y]);
}
