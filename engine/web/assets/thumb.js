// A look at a value in the space of a card.

import { h, s } from "./dom.js";
import { look } from "./api.js";
import { many, number, shape } from "./words.js";
import { node, origin, store } from "./store.js";
import { regionsOf } from "./regions.js";

export function drawLook(place, about, port, value, name, why = "") {
  draw(place, about, port, value, name);
  const said = place.querySelector(".why");
  if (!why) said?.remove();
  else if (said) { if (said.textContent !== why) said.textContent = why; } else place.append(h("div", { class: "why", text: why }));
}

function draw(place, about, port, value, name) {
  const stamp = [port, value?.at, value?.kind, value?.value, value?.spark?.length, store.colours, regionStamp(name), store.at !== null, !value && Boolean(store.nodes[name]?.out), kept(about)].join("|");
  if (place.dataset.stamp === stamp) return;
  place.dataset.stamp = stamp;
  place.classList.remove("picture");
  if (about.role === "sink") { place.replaceChildren(h("div", { class: "says", text: kept(about) })); return; }
  if (!value) { place.replaceChildren(h("div", { class: "says", text: store.at !== null ? "nothing for this event" : store.graph.read_only ? "not kept" : store.nodes[name]?.out ? "not seen by this page" : about.cadence === "final" ? "at the end of the run" : "no value yet" })); return; }
  const regions = regionsOf(name);
  if (value.kind === "image") picture(place, port, value, [], []);
  else if (value.kind === "table" && value.spots && store.ports[value.over]?.kind === "image") picture(place, value.over, under(value), value.spots, [], many(value.rows, "row"));
  else if (regions.length && store.ports[value.over]?.kind === "image") picture(place, value.over, under(value), [], regions, value.kind === "scalar" ? number(value.value) : "");
  else if (value.kind === "profile") place.replaceChildren(line(value.curve), h("span", { class: "range", text: `${shape(value.shape)} · ${value.dtype}` }));
  else if (value.kind === "scalar") scalar(place, value);
  else if (value.kind === "table") place.replaceChildren(h("div", { class: "number", text: value.rows }), h("span", { class: "range", text: `rows × ${value.columns.length} columns` }));
  else place.replaceChildren(h("div", { class: "says", text: value.what }));
}

/** The image that a value was made of: that of the same event. */
const under = (value) => ({ ...store.ports[value.over], at: value.at > 0 ? value.at : store.ports[value.over].at });

const kept = (about) => (about.role === "sink" ? `keeps ${about.inputs.map(([port]) => port).join(", ")}` : "");

function regionStamp(name) {
  return JSON.stringify(regionsOf(name).map((region) => region.corners));
}

function picture(place, port, value, spots, regions, rows = "") {
  place.classList.add("picture");
  const [ny, nx] = value.shape.slice(-2);
  const source = look(port, "thumb", { at: value.at, map: store.colours, side: 176 });
  let img = place.querySelector("img");
  if (!img) {
    img = h("img", { alt: "" });
    place.replaceChildren(img);
  }
  const radius = Math.max(ny, nx) / 40;
  const over = [s("svg", { viewBox: `-0.5 -0.5 ${nx} ${ny}`, preserveAspectRatio: "xMidYMid meet", "aria-hidden": "true" },
    spots.map(([y, x]) => s("circle", { cx: x, cy: y, r: radius, class: "spot" })),
    regions.map((region) => s("polygon", { points: region.corners.map(([y, x]) => `${x},${y}`).join(" "), class: "region" }))), h("span", { class: "range", text: `${number(value.least)} … ${number(value.most)}` }), ...(rows ? [h("span", { class: "rows", text: rows })] : [])];
  const turn = place.turn = (place.turn ?? 0) + 1;
  const next = new Image(); // shown once it is there with all that lies on it, so that nothing flickers or belongs to another event
  next.onload = () => {
    if (!img.isConnected || turn < (place.shown ?? 0)) return;
    place.shown = turn;
    img.src = next.src;
    for (const old of place.querySelectorAll(":scope > :not(img):not(.why)")) old.remove();
    place.append(...over);
  };
  next.src = source;
}

export function line(values, kind = "line") {
  const good = values.filter((one) => one !== null);
  const low = Math.min(...good);
  const span = Math.max(...good) - low || 1;
  const wide = Math.max(1, values.length - 1);
  const points = values.map((one, at) => (one === null ? null : `${((at / wide) * 100).toFixed(1)},${(92 - ((one - low) / span) * 80).toFixed(1)}`)).filter(Boolean);
  const box = s("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" });
  if (kind === "line" && points.length > 1) box.append(s("polygon", { points: `0,100 ${points.join(" ")} 100,100`, class: "fillline" }));
  box.append(s("polyline", { points: points.join(" "), class: kind }));
  return box;
}

function scalar(place, value) {
  const numbers = (value.spark ?? []).filter((one) => typeof one === "number");
  place.replaceChildren(...(numbers.length > 2 ? [line(numbers, "spark")] : []), h("div", { class: "number", text: number(value.value) }));
}

/** The image that a node's places or regions lie on. */
export function imageFor(name, port) {
  const value = port ? store.ports[port] : null;
  if (value?.kind === "image") return port;
  for (const [, reference] of node(name)?.inputs ?? []) {
    const from = origin(reference);
    if (store.ports[from]?.kind === "image") return from;
  }
  return value?.over ?? null;
}
