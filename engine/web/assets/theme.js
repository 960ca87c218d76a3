// Light, dark, or as the system says.

import { tell } from "./store.js";

const NAMES = { auto: "◐", light: "☀", dark: "☾" };
const ORDER = ["auto", "light", "dark"];
let now = ORDER.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto";

function apply() {
  if (now === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = now;
}

export const themeName = () => NAMES[now];

export function nextTheme() {
  now = ORDER[(ORDER.indexOf(now) + 1) % ORDER.length];
  localStorage.setItem("theme", now);
  apply();
  tell("theme", now);
  return themeName();
}

apply();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => tell("theme", now));
