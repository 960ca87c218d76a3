// What the page knows, and who wants to hear of it.

const listeners = new Map();

export const store = {
  number: 0, // which graph
  graph: null, // its nodes, edges, forms
  tick: null, // the newest message
  ports: {}, // node.port to the summary of its value
  nodes: {}, // node to its numbers
  opened: null, // name of the node in the panel
  held: null, // events that are held while the view is frozen
  at: null, // number of the event that is looked at; null for the newest
  pinned: false,
  calibrant: "", // whose rings lie on images
  colours: localStorage.getItem("colours") || "viridis",
};

export function on(what, tell) {
  if (!listeners.has(what)) listeners.set(what, new Set());
  listeners.get(what).add(tell);
  return () => listeners.get(what).delete(tell);
}

export function tell(what, value) {
  for (const one of listeners.get(what) || []) one(value);
}

export const node = (name) => store.graph?.nodes.find((one) => one.name === name) ?? null;

export function portsOf(name) {
  return (node(name)?.outputs ?? []).map((port) => `${name}.${port.name}`);
}

const AXES = /\.(x|q|radial|azimuth|axis|edges|centres)$/;

/** The port whose value stands for a node: its first output that has one, one of an event before one of a run that is over; no axis. */
export function mainPort(name) {
  const all = portsOf(name);
  const ports = [...all.filter((port) => !AXES.test(port)), ...all.filter((port) => AXES.test(port))];
  const having = ports.filter((port) => store.ports[port]);
  return having.find((port) => store.ports[port].at > 0) ?? having[0] ?? ports[0] ?? null;
}

/** The whole name of the port an input comes from. */
export function origin(reference) {
  const [from, output] = reference.split(".");
  return output ? reference : portsOf(from)[0] ?? null;
}
