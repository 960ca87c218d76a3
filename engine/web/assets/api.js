// Asking the service. What changes something carries the token, which came behind the # of the address.

import { store } from "./store.js";

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname + location.search);
}
export const token = () => sessionStorage.getItem("token") || "";

export async function get(path) {
  return answer(await fetch(path, { headers: { Accept: "application/json" } }));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token()}` };
  return answer(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answer(response) {
  const content = await response.json().catch(() => ({}));
  if (response.ok) return content;
  const error = new Error(content.error || `${response.status} ${response.statusText}`);
  error.status = response.status;
  error.faults = content.faults || [];
  throw error;
}

export const look = (port, what, about = {}) => {
  const query = new URLSearchParams(Object.entries(about).filter(([, value]) => value !== null && value !== undefined));
  return `/api/look/${store.number}/${encodeURIComponent(port)}/${what}?${query}`;
};

export async function pixels(port, about) {
  const response = await fetch(look(port, "pixels", about));
  if (!response.ok) return null;
  const facts = JSON.parse(response.headers.get("X-Image"));
  const content = await response.arrayBuffer();
  const kinds = { u1: Uint8Array, "<u2": Uint16Array, "<f4": Float32Array };
  return { ...facts, values: new kinds[facts.dtype](content) };
}
