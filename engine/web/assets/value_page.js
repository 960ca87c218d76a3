// The last value of a node, or the one at the event that is looked at, as large as there is room.

import { get, look } from "./api.js";
import { h, text } from "./dom.js";
import { mainPort, on, origin, portsOf, store } from "./store.js";
import { imageFor } from "./thumb.js";
import { ImageView } from "./image_view.js";
import { pictureTools } from "./picture_tools.js";
import { Plot } from "./plot.js";
import { number, percent, rate, seconds } from "./words.js";
import { regionsOn, regionsOf, targetsOn } from "./regions.js";
import { regionTools } from "./region_tools.js";
import { tableView } from "./table_view.js";
import { pin } from "./time.js";

export function valuePage(body, about) {
  const sinks = about.inputs.map(([, reference]) => origin(reference)).filter(Boolean);
  const ports = about.role === "sink" ? sinks : portsOf(about.name);
  const page = { port: about.role === "sink" ? sinks[0] : mainPort(about.name), first: 0, stamp: "" };
  const parts = { facts: h("div", { class: "facts" }), where: h("div", { class: "row small soft" }), picture: h("div"), rest: h("div") };
  const choice = ports.length > 1 && h("select", { "aria-label": "Output", onchange: (event) => { page.port = event.target.value; page.first = 0; page.stamp = ""; draw(); } },
    ports.map((port) => h("option", { value: port, text: about.role === "sink" ? port : port.split(".")[1] })));
  if (choice) choice.value = page.port;
  body.replaceChildren(...[parts.facts, h("div", { class: "row" }, choice, parts.where), parts.picture, parts.rest].filter(Boolean));
  const shown = { view: null, plot: null, index: 0 };
  const draw = () => { numbers(parts.facts, about); value(page, parts, shown, about, draw); };
  draw();
  const ends = [on("tick", draw), on("view", draw)];
  const facts = (now) => { Object.assign(about, now); page.stamp = ""; shown.tools?.facts(); draw(); };
  return { facts, end: () => { ends.forEach((end) => end()); shown.view?.end(); shown.plot?.end(); } };
}

function numbers(place, about) {
  const now = store.nodes[about.name];
  place.hidden = !now || about.role === "sink";
  if (!now) return;
  const [given, made] = [rate(now.rate_in), rate(now.rate_out)];
  const facts = [...(given === made ? [[given, "in and out"]] : [[given, "in"], [made, "out"]]), [seconds(now.p95), "p95"], [percent(now.busy), "busy"], [`${now.out} / ${now.given}`, "done / given"]];
  if (now.filtered) facts.push([now.filtered, "left out"]);
  if (now.failed) facts.push([now.failed, "failed"]);
  const stamp = JSON.stringify(facts);
  if (place.dataset.stamp === stamp) return;
  place.dataset.stamp = stamp;
  place.replaceChildren(...facts.map(([one, words]) => h("div", {}, h("b", { text: one, class: words === "failed" ? "badtext" : "" }), h("span", { text: words }))));
}

async function value(page, parts, shown, about, draw) {
  const summary = page.port ? store.ports[page.port] : null;
  if (!summary) {
    if (page.stamp !== "none") { page.stamp = "none"; page.kind = ""; clear(parts, shown); parts.rest.replaceChildren(h("p", { class: "soft", text: store.at !== null ? "This event gave no value here, or it is not kept." : "No value yet." })); }
    return;
  }
  const base = imageFor(about.name, page.port);
  const onto = base && (centreOf(about) || geometryOf(about) || summary.kind === "image" || summary.spots || regionsOf(about.name).length || targetsOn(base).some((one) => one.node === about.name)) ? base : null;
  where(parts.where, summary);
  const ground = onto ? { ...store.ports[onto], at: summary.at > 0 ? summary.at : store.ports[onto].at } : null;
  const stamp = [page.port, summary.at, page.first, onto, ground?.at, shown.index].join("|");
  if (stamp === page.stamp) return;
  const kind = [page.port, summary.kind, onto].join("|");
  if (kind !== page.kind) { page.kind = kind; clear(parts, shown); frame(page, parts, shown, about, summary, onto, draw); }
  page.stamp = stamp;
  if (onto) picture(shown, onto, ground, about);
  if (summary.kind === "image") return;
  const whole = await get(look(page.port, "value", { at: summary.at, first: page.first })).catch(() => null);
  if (!whole || page.kind !== kind) return;
  rest(page, parts, shown, whole, draw, about);
}

function clear(parts, shown) {
  shown.view?.end();
  shown.plot?.end();
  Object.assign(shown, { view: null, plot: null, tools: null, index: 0 });
  parts.picture.replaceChildren();
  parts.rest.replaceChildren();
}

function where(place, summary) {
  const stamp = `${summary.at}`;
  if (place.dataset.stamp === stamp) return;
  place.dataset.stamp = stamp;
  place.replaceChildren(h("span", { text: [summary.event && `event ${summary.event}`, summary.revision && `revision ${summary.revision}`].filter(Boolean).join(" · ") || "for the whole run" }),
    ...(summary.at > 0 ? [h("button", { class: "plain small", text: "pin", title: "Freeze on this event and follow it through the graph", onclick: () => pin(summary.at) })] : []));
}

/** The parts that stay while values come: image, tools, plot. */
function frame(page, parts, shown, about, summary, onto, draw) {
  if (onto) {
    shown.view = new ImageView({ label: `image of ${onto}` });
    const stack = store.ports[onto].shape.slice(0, -2).reduce((all, one) => all * one, 1);
    const frames = stack > 1 && h("label", { class: "small" }, "image ", h("input", { type: "number", min: 0, max: stack - 1, value: 0, "aria-label": `Image of ${stack}`, onchange: (event) => { shown.index = Number(event.target.value); draw(); } }), ` of ${stack}`);
    shown.tools = regionTools(shown.view, onto, about);
    parts.picture.append(...[shown.tools.element, shown.view.element, pictureTools(shown.view), geometryOf(about) && calibrants(shown, about), frames, shown.tools.proposal].filter(Boolean));
    geometryRings(shown, about);
  }
  if (summary.kind === "profile") {
    const log = h("button", { text: "log", "aria-pressed": "false", onclick: () => { const wanted = log.getAttribute("aria-pressed") !== "true"; log.setAttribute("aria-pressed", wanted); shown.plot?.setLog(wanted); } });
    parts.rest.append(h("div", { class: "row" }, h("span", { class: "grow" }), log), h("div", { class: "curve" }));
  }
}

const centreOf = (about) => { const found = about.parameters.find((one) => one.name === "centre")?.value; return Array.isArray(found) && found.length === 2 ? found : null; };

/** The rings of a profile about a centre: four of them, or the one under the cursor in the curve. */
function ring(shown, about, at = null) {
  const centre = centreOf(about);
  if (!centre || !shown.view) return;
  const fine = about.parameters.find((one) => one.name === "oversample")?.value ?? 1;
  const reach = shown.reach ?? 0;
  const radii = at === null ? [1, 2, 3, 4].map((one) => (one * reach) / 5) : [at];
  shown.view.setOver({ rings: radii.filter(Boolean).map((one) => ({ centre, radius: one / fine })) });
}

/** The rings of a geometry that the node takes: of a calibrant that was chosen, and of the place under the cursor in the curve. */
async function geometryRings(shown, about, at = null) {
  const where = geometryOf(about);
  if (!where || !shown.view) return;
  shown.wanted = at;
  if (shown.asking) return;
  shown.asking = true;
  const { view } = shown;
  const ask = (what) => get(look(where, "rings", what)).catch(() => []);
  try {
    for (let asked; asked !== shown.wanted && !view.ended;) {
      asked = shown.wanted;
      const unit = about.parameters.find((one) => one.name === "unit")?.value ?? "";
      const calibrant = store.calibrant ? await ask({ of: store.calibrant }) : [];
      const pointed = asked === null ? [] : await ask({ value: asked, unit });
      if (!view.ended) view.setOver({ curves: [...calibrant, ...pointed.map((one) => ({ ...one, pointed: true }))] });
    }
  } finally { shown.asking = false; }
}

const geometryOf = (about) => { const found = about.inputs.find(([port]) => port === "geometry"); return found ? origin(found[1]) : null; };

function calibrants(shown, about) {
  const choice = h("select", { "aria-label": "Rings of a calibrant", onchange: () => { store.calibrant = choice.value; shown.wanted = undefined; geometryRings(shown, about); } },
    [["", "none"], ...["LaB6", "CeO2", "Si", "Ni", "AgBh"].map((name) => [name, name])].map(([value, words]) => h("option", { value, text: words })));
  choice.value = store.calibrant;
  return h("label", { class: "small", title: "Where the geometry says that the rings of this powder are" }, "rings of ", choice);
}

async function picture(shown, onto, ground, about) {
  const { view } = shown;
  const spots = Object.entries(store.ports).filter(([port, one]) => one.spots && one.over === onto && (port.split(".")[0] === about.name || one.at === ground.at));
  const own = spots.find(([port]) => port.split(".")[0] === about.name) ?? spots[0];
  ring(shown, about, shown.pointed ?? null);
  view.setOver({ own: regionsOf(about.name).length ? about.name : null, regions: regionsOn(onto) });
  const all = own && own[1].rows > own[1].spots.length ? await get(look(own[0], "value", { at: own[1].at })).catch(() => null) : null;
  if (!view.ended) view.show(onto, ground.at, shown.index, all?.spots ?? own?.[1].spots ?? []);
}

function rest(page, parts, shown, whole, draw, about) {
  if (whole.kind === "profile") {
    if (!shown.plot) { shown.plot = new Plot([whole.x_name, page.port.split(".").join(" ")], { pointed: (at) => { ring(shown, about, at); geometryRings(shown, about, at === null ? null : shown.plot.data[0][at] ?? null); } }); parts.rest.querySelector(".curve").append(shown.plot.element); }
    shown.plot.show([whole.x, whole.y]);
    shown.reach = whole.y.length;
    return;
  }
  if (whole.kind === "table") parts.rest.replaceChildren(tableView(whole, (first) => { page.first = first; page.stamp = ""; draw(); }));
  else if (whole.kind === "scalar") scalar(page, parts, shown, whole);
  else if (whole.kind === "mapping") parts.rest.replaceChildren(h("table", {}, h("tbody", {}, whole.items.map(([name, words]) => h("tr", {}, h("td", { text: name }), h("td", { text: words }))))));
  else parts.rest.replaceChildren(h("pre", { text: whole.text ?? whole.what }));
}

async function scalar(page, parts, shown, whole) {
  let big = parts.rest.querySelector(".big");
  if (!big) { big = h("p", { class: "big" }); parts.rest.append(big, h("div", { class: "curve" })); }
  text(big, number(whole.value));
  big.title = String(whole.value);
  const found = await get(look(page.port, "series")).catch(() => null);
  const place = parts.rest.querySelector(".curve");
  if (!found || found.value.length < 2 || !place) return;
  if (!shown.plot) { shown.plot = new Plot(["event", page.port.split(".").join(" ")], { height: 200 }); place.append(shown.plot.element); }
  shown.plot.show(rising(found));
}

/** Runs follow one another and each counts from 1: numbered on, so that a curve goes one way. */
export function rising(found) {
  const first = found.seq[0] ?? 0;
  return [found.seq.map((_, at) => first + at), found.value];
}
