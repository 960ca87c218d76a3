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
  if (message.at === store.at) store.ports = message.ports;
  tell("tick", message);
}

export function wish(what) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (!document.hidden) connect();
  else resting = setTimeout(() => socket?.close(), 30000);
});
