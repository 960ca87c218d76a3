// Regions of an image: boxes and polygons that are parameters of nodes.

import { node, origin, store } from "./store.js";

const SHAPES = ["box", "polygon"];
const cache = new Map();

/** The corners [y, x] of a region, in pixels: a box covers whole pixels, whose centres are at whole numbers. */
function corners(name, value) {
  if (!Array.isArray(value)) return null;
  if (name === "polygon") return value.every((one) => Array.isArray(one) && one.length === 2) && value.length > 2 ? value : null;
  if (value.length !== 4 || !value.every((one) => typeof one === "number")) return null;
  const [y0, y1, x0, x1] = value.map((one) => one - 0.5);
  return [[y0, x0], [y0, x1], [y1, x1], [y1, x0]];
}

/** The regions of a node, from its parameters. */
export function regionsOf(name) {
  const about = node(name);
  if (!about) return [];
  if (cache.get(name)?.about !== about) {
    const found = about.parameters.filter((one) => SHAPES.includes(one.name))
      .map((one) => ({ node: name, parameter: one.name, corners: corners(one.name, one.value) }))
      .filter((one) => one.corners);
    cache.set(name, { about, found });
  }
  return cache.get(name).found;
}

/** Where a region drawn on an image can go: nodes that take that image and have a region among their parameters. */
export function targetsOn(port) {
  const found = [];
  for (const one of store.graph?.nodes ?? []) {
    if (!one.inputs.some(([, reference]) => origin(reference) === port)) continue;
    for (const parameter of one.parameters) if (SHAPES.includes(parameter.name)) found.push({ node: one.name, parameter: parameter.name });
  }
  return found;
}

export const regionsOn = (port) => [...new Set(targetsOn(port).map((one) => one.node))].flatMap(regionsOf);

/** Two corners [y, x] of a drag as a box [y0, y1, x0, x1] of whole pixels inside an image. */
export function boxOf([ya, xa], [yb, xb], [ny, nx]) {
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  const edges = (one, two, most) => {
    const low = within(Math.round(Math.min(one, two) + 0.5), most - 1);
    return [low, Math.max(low + 1, within(Math.round(Math.max(one, two) + 0.5), most))];
  };
  return [...edges(ya, yb, ny), ...edges(xa, xb, nx)];
}
