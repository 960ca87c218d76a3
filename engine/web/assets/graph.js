// The graph: cytoscape lays out and draws the edges, the nodes are cards of ordinary elements above it.

import { h, s } from "./dom.js";
import { arrangePacked } from "./packed.js";
import { arrangeWrapped } from "./wrapped.js";
import { on, store, tell } from "./store.js";
import { makeCard, updateCard, CARD } from "./card.js";

const place = document.getElementById("graph");
let cy = null;
let cards = new Map();
let layer = null;

export function drawGraph() {
  const kept = cy && { zoom: cy.zoom(), pan: { ...cy.pan() }, names: [...cards.keys()].join() };
  cy?.destroy();
  place.replaceChildren();
  const edges = h("div", { class: "edges", "aria-hidden": "true" });
  layer = h("div", { class: "cards" });
  place.append(edges, layer, tools(), legend());
  cards = new Map(store.graph.nodes.map((node) => [node.name, makeCard(node)]));
  layer.append(...cards.values());
  cy = cytoscape({ container: edges, elements: elements(), style: look(), minZoom: 0.05, maxZoom: 3, autoungrabify: true, boxSelectionEnabled: false });
  const began = performance.now();
  arrange();
  cy.style(look()); // labels have the room that the direction leaves
  place.dataset.layoutMs = String(Math.round(performance.now() - began));
  cy.on("viewport", follow);
  for (const [name, card] of cards) {
    const at = cy.getElementById(name).position();
    card.style.left = `${at.x - CARD.width / 2}px`;
    card.style.top = `${at.y - CARD.height / 2}px`;
    card.addEventListener("focus", () => reveal(name));
  }
  if (kept && kept.names === [...cards.keys()].join()) cy.viewport({ zoom: kept.zoom, pan: kept.pan });
  else fit();
  follow();
  update();
}

function elements() {
  const nodes = store.graph.nodes.map((node) => ({ data: { id: node.name } }));
  const edges = store.graph.edges.map((edge, number) => ({
    data: { id: `e${number}`, source: edge.from, target: edge.to, label: edge.label || " " },
    classes: [edge.cadence, kind(edge.to)].filter(Boolean).join(" "),
  }));
  return [...nodes, ...edges];
}

const kind = (name) => store.graph.nodes.find((one) => one.name === name)?.role;

/** Downward or to the right, whichever shows more of it on this screen. */
function arrange() {
  const options = (rankDir) => ({ name: "dagre", rankDir, nodeSep: 20, rankSep: rankDir === "LR" ? 84 : 36, edgeSep: 12, fit: false, animate: false,
    nodeDimensionsIncludeLabels: false });
  const { width, height } = place.getBoundingClientRect();
  place.dataset.direction = "TB";
  if (arrangePacked(cy, options, width / height, (name) => kind(name) === "sink")) return;
  const shown = (dir) => {
    cy.layout(options(dir)).run();
    const box = cy.nodes().boundingBox({ includeLabels: false });
    return Math.min(width / box.w, height / box.h);
  };
  const right = store.graph.nodes.length > 80 ? 0 : shown("LR");
  const down = shown("TB");
  if (Math.max(right, down) < 0.4 && arrangeWrapped(cy, { width, height }, 1.25 * Math.max(right, down))) return;
  place.dataset.direction = right > down ? "LR" : "TB";
  if (right > down) cy.layout(options("LR")).run();
}

const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function look() {
  return [
    { selector: "node", style: { shape: "round-rectangle", width: CARD.width, height: CARD.height, "background-opacity": 0, "border-width": 0, events: "no" } },
    { selector: "edge", style: { width: 2, "line-color": ink("--edge"), "target-arrow-color": ink("--edge"), "target-arrow-shape": "triangle", "arrow-scale": 1.1,
      "curve-style": "bezier", label: "data(label)", "font-size": 11, color: ink("--soft"), "text-background-color": ink("--back"), "text-background-opacity": 0.9,
      "text-background-padding": 2, "min-zoomed-font-size": 7, "text-wrap": "ellipsis", "text-max-width": place.dataset.direction === "LR" ? 78 : 190, events: "no" } },
    { selector: "edge.run", style: { "line-style": "dashed" } },
    { selector: "edge.final", style: { "line-style": "dotted" } },
    { selector: "edge.sink", style: { width: 1.2, opacity: 0.6, "text-opacity": 0, "text-background-opacity": 0, "arrow-scale": 0.8 } },
    { selector: "edge.jam", style: { "line-color": ink("--bad"), "target-arrow-color": ink("--bad"), width: 4 } },
    { selector: "edge.pale", style: { opacity: 0.25 } },
  ];
}

function follow() {
  const { x, y } = cy.pan();
  layer.style.transform = `translate(${x}px, ${y}px) scale(${cy.zoom()})`;
  layer.classList.toggle("far", cy.zoom() < 0.56);
}

export function fit() {
  const roof = Math.max(1, place.getBoundingClientRect().height / 1050);
  cy.fit(undefined, 34);
  if (cy.zoom() > roof) { cy.zoom(roof); cy.center(); }
}

/** Bring a node into view if it is not. */
export function reveal(name) {
  const found = cy?.getElementById(name);
  if (!found?.length) return;
  const box = found.renderedBoundingBox();
  const { width, height } = place.getBoundingClientRect();
  if (box.x1 < 0 || box.y1 < 0 || box.x2 > width || box.y2 > height) cy.animate({ center: { eles: found } }, { duration: 150 });
}

export function zoomBy(factor) {
  const { width, height } = place.getBoundingClientRect();
  cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: width / 2, y: height / 2 } });
}

place.addEventListener("wheel", (event) => {
  if (!cy || !event.target.closest(".card")) return;
  event.preventDefault();
  const box = place.getBoundingClientRect();
  cy.zoom({ level: cy.zoom() * Math.exp(-event.deltaY / 500), renderedPosition: { x: event.clientX - box.left, y: event.clientY - box.top } });
}, { passive: false });

/** The card beside one, in the direction of an arrow key. */
export function neighbour(name, key) {
  const here = cy.getElementById(name).position();
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  let best = null;
  for (const other of cards.keys()) {
    const there = cy.getElementById(other).position();
    const along = (there.x - here.x) * dx + (there.y - here.y) * dy;
    const across = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
    const far = along + 2.5 * across;
    if (along > 8 && (!best || far < best.far)) best = { far, other };
  }
  return best?.other ?? null;
}

export const cardOf = (name) => cards.get(name);

function tools() {
  const button = (label, words, act) => h("button", { "aria-label": words, title: words, text: label, onclick: act });
  return h("div", { class: "tools" }, button("+", "Zoom in (+)", () => zoomBy(1.25)), button("−", "Zoom out (-)", () => zoomBy(0.8)),
    button("Fit", "Show the whole graph (0)", fit));
}

function legend() {
  const sample = (dash, words) => h("span", {}, s("svg", { width: 26, height: 8 }, s("path", { d: "M0 4h26", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": dash })), words);
  const found = new Set(store.graph.edges.map((edge) => edge.cadence));
  return h("div", { class: "legend" }, found.has("event") && sample("", "each event"), found.has("run") && sample("7 4", "once per run"), found.has("final") && sample("2 4", "at the end"));
}

function update() {
  for (const [name, card] of cards) updateCard(card, name);
  if (!cy) return;
  cy.batch(() => {
    for (const edge of cy.edges()) {
      const from = store.nodes[edge.source().id()];
      const to = store.nodes[edge.target().id()];
      edge.toggleClass("jam", Boolean(to?.dropped));
      edge.toggleClass("pale", Boolean(store.dimmed && (store.dimmed.has(edge.source().id()) || store.dimmed.has(edge.target().id()))));
      const own = store.graph.edges[Number(edge.id().slice(1))].label;
      const counts = [to?.queued ? `${to.queued} waiting` : "", to?.dropped ? `${to.dropped} dropped` : ""].filter(Boolean);
      edge.data("label", [...(from ? counts : []), own].filter(Boolean).join(" · ") || " ");
    }
  });
}

on("tick", update);
on("opened", update);
on("view", update);
on("theme", () => cy?.style(look()));
on("graph", drawGraph);
new ResizeObserver(() => cy?.resize()).observe(place);
place.addEventListener("pointerdown", (event) => { if (!event.target.closest("button")) tell("background", null); });
