// Time: live, or frozen on one event while the data goes on; back and forth through the last events.

import { h, say, text } from "./dom.js";
import { wish } from "./live.js";
import { on, store, tell } from "./store.js";

const parts = {};

export function timeTools() {
  parts.freeze = h("button", { text: "❚❚ Freeze", title: "Hold the view while the data goes on (space)", "aria-pressed": "false", onclick: toggle });
  parts.back = h("button", { text: "◀", "aria-label": "One event back", title: "One event back ([)", disabled: true, onclick: () => step(-1) });
  parts.on = h("button", { text: "▶", "aria-label": "One event on", title: "One event on (])", disabled: true, onclick: () => step(1) });
  parts.where = h("span", { class: "pill", hidden: true });
  return h("div", { class: "group", role: "group", "aria-label": "Time" }, parts.freeze, parts.back, parts.where, parts.on);
}

let every = false;

/** Whether images are kept of every event, or of four in a second. */
export function everyBox() {
  const box = h("input", { type: "checkbox", onchange: () => { every = box.checked; wish({ every }); } });
  box.checked = every;
  return h("label", { class: "small", title: "Costs memory, up to 128 MB" }, box, " keep the images of every event, to step through them one by one");
}

export function toggle() {
  if (store.held) thaw();
  else wish({ hold: true });
}

export function thaw() {
  store.held = null;
  store.at = null;
  wish({ hold: false, at: null });
  show();
}

/** Freeze on the event of a value, and follow it through the graph. */
export function pin(at) {
  pending = at;
  if (store.held) go(at);
  else wish({ hold: true });
}

let pending = null;
on("held", (message) => {
  if (message.refused) { say("Too many pages hold the view; close one of them.", true); return; }
  if (!message.events.length) { say("There is no event yet that could be held."); return; }
  store.held = message.events;
  const complete = [...message.events].reverse().find((one) => one.full && one.at !== message.events.at(-1).at) ?? message.events.at(-1);
  go(pending ?? complete.at);
  pending = null;
});

function go(at) {
  store.at = at;
  store.ports = {};
  wish({ at });
  show();
}

export function step(by) {
  if (!store.held) return;
  const place = store.held.findIndex((one) => one.at === store.at);
  const next = store.held[Math.min(Math.max(place + by, 0), store.held.length - 1)];
  if (next && next.at !== store.at) go(next.at);
}

function show() {
  const frozen = Boolean(store.held);
  parts.freeze.setAttribute("aria-pressed", frozen);
  label(frozen);
  const place = frozen ? store.held.findIndex((one) => one.at === store.at) : -1;
  const event = store.held?.[place];
  parts.where.hidden = !event;
  if (event) text(parts.where, `event ${event.seq} · ${place + 1} of ${store.held.length}${event.full ? "" : " · no images"}`);
  parts.where.title = event ? `${event.event}, revision ${event.revision}` : "";
  document.body.classList.toggle("frozen", frozen);
  parts.back.disabled = !frozen || place <= 0;
  parts.on.disabled = !frozen || place >= store.held.length - 1;
  tell("view", store.at);
}

function label(frozen) {
  const stored = store.graph?.read_only;
  text(parts.freeze, frozen ? (stored ? "✕ Steps" : "▶ Live") : stored ? "Step" : "❚❚ Freeze");
}

on("facts", () => label(Boolean(store.held)));
on("link", (there) => { if (there && store.held) thaw(); else if (there && every) wish({ every }); });
