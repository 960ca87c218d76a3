// The line of controls under an image: colours, logarithm, contrast.

import { h } from "./dom.js";
import { MAPS, strip } from "./colours.js";
import { store, tell } from "./store.js";

export function pictureTools(views) {
  const all = [views].flat();
  const colours = h("select", { "aria-label": "Colour map" }, MAPS.map((name) => h("option", { value: name, text: name })));
  colours.value = store.colours;
  const log = h("button", { text: "log", title: "Logarithmic colours", "aria-pressed": "false" });
  const low = h("input", { type: "text", "aria-label": "Darkest value", inputmode: "decimal" });
  const high = h("input", { type: "text", "aria-label": "Brightest value", inputmode: "decimal" });
  const auto = h("button", { text: "auto", title: "Contrast from the image", "aria-pressed": "true" });
  const bar = h("canvas");
  const apply = (change) => all.forEach((view) => { Object.assign(view.settings, change); view.paint(); });
  colours.onchange = () => {
    store.colours = colours.value;
    localStorage.setItem("colours", colours.value);
    strip(bar, colours.value);
    apply({ colours: colours.value });
    tell("view", store.at);
  };
  log.onclick = () => { const wanted = log.getAttribute("aria-pressed") !== "true"; log.setAttribute("aria-pressed", wanted); apply({ log: wanted }); };
  auto.onclick = () => { auto.setAttribute("aria-pressed", "true"); apply({ low: null, high: null }); };
  const typed = () => {
    const given = [low.value, high.value].map(Number);
    if (given.every(Number.isFinite)) { auto.setAttribute("aria-pressed", "false"); apply({ low: given[0], high: given[1] }); }
  };
  low.onchange = typed;
  high.onchange = typed;
  all[0].onrange = (data, from, to) => {
    if (document.activeElement !== low) low.value = short(from);
    if (document.activeElement !== high) high.value = short(to);
  };
  all.forEach((view) => { view.settings.colours = store.colours; });
  strip(bar, store.colours);
  all[0].paint();
  return h("div", { class: "scale" }, low, bar, high, auto, log, colours);
}

const short = (value) => String(Number(value.toPrecision(5)));
