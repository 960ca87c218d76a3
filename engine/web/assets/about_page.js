// About a node: what it does, what goes in and out, where it stands in the file.

import { h } from "./dom.js";
import { inline, prose } from "./prose.js";
import { store, tell } from "./store.js";

const line = (place) => (/:(\d+)$/.test(place) ? `, line ${place.split(":").at(-1)}` : "");

export function aboutPage(body, about) {
  const ports = about.outputs.map((port) => h("p", {}, h("b", { text: port.name }), " ", h("span", { class: "soft", text: `${port.types.join(" | ")} ` }), inline(port.doc)));
  const inputs = about.inputs.map(([port, reference]) => h("p", {}, h("b", { text: port }), " from ", h("button", { class: "plain", text: reference, onclick: () => tell("open", reference.split(".")[0]) })));
  body.replaceChildren(...(about.faults.length ? [h("pre", { class: "badtext", text: about.faults.join("\n") })] : []),
    ...(about.note ? [h("p", { text: about.note })] : []),
    h("p", { class: "small soft", text: [about.place && !about.place.startsWith("<") ? `written in ${store.graph.file || about.place}${line(about.place)}` : store.graph.read_only ? "as recorded in the result" : "written in Python", about.on_error && `on error: ${about.on_error}`, about.stateful ? "has a memory" : "has no memory"].filter(Boolean).join(" · ") }),
    ...(inputs.length ? [h("h3", { class: "part", text: "Inputs" }), ...inputs] : []), ...(ports.length ? [h("h3", { class: "part", text: "Outputs" }), ...ports] : []),
    h("h3", { class: "part", text: about.type }), h("div", { class: "doc" }, prose(about.doc)));
}
