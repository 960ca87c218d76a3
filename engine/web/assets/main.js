// The page: fetch the graph, draw it, and follow it.

import { get } from "./api.js";
import { say } from "./dom.js";
import { drawGraph } from "./graph.js";
import { connect } from "./live.js";
import { on, store, tell } from "./store.js";
import "./keys.js";
import "./panel.js";
import { drawTop } from "./top.js";

store.number = Number(new URLSearchParams(location.search).get("graph") || 0);

const outline = (graph) => JSON.stringify([graph.nodes.map((one) => [one.name, one.type]), graph.edges]);

export async function fetchGraph() {
  const former = store.graph && outline(store.graph);
  store.graph = await get(`/api/look/${store.number}/graph`);
  if (outline(store.graph) === former) tell("facts", store.graph);
  else { drawGraph(); tell("facts", store.graph); }
}

let revision = null;
let fetching = false;
on("tick", async (message) => {
  const now = message.graph?.revision ?? null;
  if (now === revision || fetching) return;
  const first = revision === null;
  fetching = true;
  try {
    if (!first) await fetchGraph();
    revision = now;
  } finally { fetching = false; }
});

async function begin() {
  try {
    drawTop();
    await fetchGraph();
    document.title = `${store.graph.name} · headrace`;
    connect();
    document.body.dataset.ready = "yes";
  } catch (error) {
    say(`The graph can't be shown: ${error.message}`, true);
    setTimeout(begin, 3000);
  }
}
begin();
