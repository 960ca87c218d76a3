// Making elements. Whatever comes from data goes in as text, never as markup.

export function h(tag, about = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) set(made, name, value);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
  else if (name === "class") element.className = value;
  else if (name === "text") element.textContent = value;
  else if (name === "value") element.value = value;
  else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
  else element.setAttribute(name, value === true ? "" : String(value));
}

const SVG = "http://www.w3.org/2000/svg";

export function s(tag, about = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(about)) if (value !== null) made.setAttribute(name, value);
  made.append(...children.flat());
  return made;
}

export function text(element, words) {
  const wanted = words === null || words === undefined ? "" : String(words);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function say(words, bad = false) {
  const note = h("div", { class: bad ? "bad" : "", text: words });
  document.getElementById("notes").append(note);
  setTimeout(() => note.remove(), bad ? 9000 : 4500);
}
