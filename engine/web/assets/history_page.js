// How a node has done since the page was opened, and its value over the last events.

import { get, look } from "./api.js";
import { h } from "./dom.js";
import { mainPort, on, store } from "./store.js";
import { Plot } from "./plot.js";
import { rising } from "./value_page.js";

const MOST = 1200; // ten minutes
const past = { time: [], nodes: new Map() };

on("tick", (message) => {
  past.time.push(message.status.now);
  if (past.time.length > MOST) past.time.shift();
  for (const [name, one] of Object.entries(store.nodes)) {
    if (!past.nodes.has(name)) past.nodes.set(name, { rate: [], busy: [], p95: [] });
    const kept = past.nodes.get(name);
    kept.rate.push(one.rate);
    kept.busy.push(one.busy * 100);
    kept.p95.push(one.p95 === null ? null : one.p95 * 1e3);
    for (const list of Object.values(kept)) if (list.length > MOST) list.shift();
  }
});

export function historyPage(body, about) {
  const plots = { rate: new Plot(["time", "events / s"], { time: true, height: 150 }), p95: new Plot(["time", "p95, ms"], { time: true, height: 150 }), busy: new Plot(["time", "busy, %"], { time: true, height: 150 }) };
  const value = new Plot(["event", "value"], { height: 190 });
  const part = h("div", { hidden: true }, h("h3", { class: "part", text: "Value over the last events (rows, for a table)" }), value.element);
  body.replaceChildren(part, h("h3", { class: "part", text: "Since this page was opened" }), ...Object.values(plots).map((one) => one.element));
  const draw = async () => {
    const kept = past.nodes.get(about.name);
    if (kept) for (const [name, plot] of Object.entries(plots)) plot.show([past.time.slice(-kept[name].length), kept[name]]);
    const port = mainPort(about.name);
    const found = port && ["scalar", "table"].includes(store.ports[port]?.kind) ? await get(look(port, "series")).catch(() => null) : null;
    part.hidden = !found || found.value.length < 2;
    if (!part.hidden) value.show(rising(found));
  };
  draw();
  const end = on("tick", draw);
  return { facts: draw, end: () => { end(); Object.values(plots).forEach((one) => one.end()); value.end(); } };
}
