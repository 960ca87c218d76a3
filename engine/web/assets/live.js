// Being told twice a second how it goes. A page that nobody sees asks for nothing.

import { store, tell } from "./store.js";

let socket = null;
let patience = 500;
let resting = null;

export function connect() {
  if (socket) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/api/look/${store.number}/live`);
  socket.onopen = () => { patience = 500; tell("link", true); };
  socket.onmessage = (event) => take(JSON.parse(event.data));
  socket.onclose = () => {
    socket = null;
    tell("link", false);
    if (!document.hidden) setTimeout(connect, patience);
    patience = Math.min(patience * 1.6, 8000);
  };
}

function take(message) {
  if (message.kind !== "tick") { tell(message.kind, message); return; }
  store.tick = message;
  const runs = message.graph ? [...message.graph.open, ...message.graph.ended] : [];
  const newest = message.graph?.open.at(-1) ?? runs[0];
  store.nodes = Object.fromEntries((newest?.nodes ?? []).map((one) => [one.name, one]));
  reckon(newest?.uid, message.status.now);
  if (message.at === store.at) store.ports = message.ports;
  tell("tick", message);
}

const counted = []; // what the last ten messages said

/** Rates in and out of each node over the last five seconds. */
function reckon(run, time) {
  if (counted.at(-1)?.run !== run) counted.length = 0;
  counted.push({ run, time, of: Object.fromEntries(Object.values(store.nodes).map((one) => [one.name, [one.given, one.out]])) });
  if (counted.length > 11) counted.shift();
  const [first, span] = [counted[0], time - counted[0].time];
  for (const one of Object.values(store.nodes)) {
    const then = first.of[one.name];
    const [given, made] = then ? [one.given - then[0], one.out - then[1]] : [0, 0];
    const even = Math.abs(given - made) < 1.5; // one event in hand, then or now
    [one.rate_in, one.rate_out] = span > 0.4 && then && !even ? [given / span, made / span] : [one.rate, one.rate];
  }
}

export function wish(what) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (!document.hidden) connect();
  else resting = setTimeout(() => socket?.close(), 30000);
});
