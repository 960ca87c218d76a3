// One parameter as a control that fits its type.

import { h } from "./dom.js";
import { inline } from "./prose.js";

const cases = (schema) => schema.anyOf ?? [schema];
const allows = (schema, type) => cases(schema).some((one) => one.type === type || (Array.isArray(one.type) && one.type.includes(type)));

export function written(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Read what was typed: a number, a list, text; empty is none. */
function read(typed, about) {
  const words = typed.trim();
  if (words === "") return null;
  const onlyText = cases(about.schema).every((one) => one.type === "string" || one.type === "null" || one.enum?.every((value) => typeof value === "string"));
  if (onlyText) return words;
  try { return JSON.parse(words); } catch { /* not JSON: numbers and lists as people write them */ }
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(words)) return Number(words);
  if (words.includes(",") && !/[[\]{}"']/.test(words)) {
    const parts = words.split(",").map((one) => Number(one.trim()));
    if (parts.every(Number.isFinite)) return parts;
  }
  return words;
}

export function field(about, changed) {
  const id = `field-${about.name}`;
  const control = make(about, id, () => changed());
  const marks = [about.on_change === "reset" && "resets what is collected", about.on_change === "refuse" && "only between runs"].filter(Boolean);
  const wrong = h("p", { class: "wrong", hidden: true, role: "alert" });
  const element = h("div", { class: "field", "data-parameter": about.name },
    h("label", { for: id }, about.name, about.unit && h("span", { class: "unit", text: about.unit }), marks.length > 0 && h("span", { class: "mark", text: marks.join(", ") })),
    control.element, h("p", { class: "doc" }, inline(about.doc)), wrong);
  const value = () => control.value();
  const differs = () => JSON.stringify(value()) !== JSON.stringify(about.value ?? null);
  return {
    element, value, differs, name: about.name,
    mark() { element.classList.toggle("changed", differs()); },
    set(now) { about.value = now; control.set(now); this.mark(); },
    fault(words) { wrong.hidden = !words; wrong.textContent = words ?? ""; },
  };
}

function make(about, id, changed) {
  const { schema } = about;
  const choices = about.choices.length ? about.choices : [];
  const open = allows(schema, "integer") || allows(schema, "number") || allows(schema, "array") || (allows(schema, "string") && !schema.enum);
  if (schema.type === "boolean") {
    const box = h("input", { type: "checkbox", id, onchange: changed });
    box.checked = Boolean(about.value);
    return { element: box, value: () => box.checked, set: (value) => { box.checked = Boolean(value); } };
  }
  if (choices.length && !open) {
    const none = allows(schema, "null");
    const box = h("select", { id, onchange: changed }, none && h("option", { value: "", text: "none" }), choices.map((one) => h("option", { value: String(one), text: String(one) })));
    box.value = about.value === null ? "" : String(about.value);
    return { element: box, value: () => (box.value === "" && none ? null : choices.find((one) => String(one) === box.value) ?? null), set: (value) => { box.value = value === null ? "" : String(value); } };
  }
  const box = h("input", { type: "text", id, autocomplete: "off", spellcheck: "false", placeholder: about.required ? "needed" : about.value === null ? "none" : "", title: about.type, oninput: changed });
  box.value = written(about.value);
  return { element: box, value: () => read(box.value, about), set: (value) => { box.value = written(value); } };
}
