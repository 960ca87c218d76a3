"use strict";
// Moves and zooms the picture of a graph, and shows what is known of the node that is chosen. Without this script the
// picture stands still, and all nodes are described below it.
for (const graph of document.querySelectorAll(".graph")) {
  const canvas = graph.querySelector(".canvas");
  const svg = canvas.querySelector("svg");
  const box = svg.viewBox.baseVal;
  const whole = { x: box.x, y: box.y, width: box.width, height: box.height };
  const cards = new Map([...graph.querySelectorAll(".node")].map((card) => [card.dataset.node, card]));
  const nodes = [...svg.querySelectorAll(".hr-node")];
  const pane = graph.closest(".pane") || graph.parentElement;
  graph.classList.remove("plain");
  pane.classList.add("live");

  function choose(node) {
    for (const other of nodes) other.classList.toggle("chosen", other === node);
    for (const [id, card] of cards) card.classList.toggle("open", node !== null && id === node.dataset.node);
  }
  function zoom(factor, x, y) {
    const width = Math.min(Math.max(box.width * factor, 60), whole.width * 4);
    const scale = width / box.width;
    box.x = x - (x - box.x) * scale;
    box.y = y - (y - box.y) * scale;
    box.height *= scale;
    box.width = width;
  }
  function show(node) {
    const [own, seen] = [node.getBoundingClientRect(), canvas.getBoundingClientRect()];
    if (own.left >= seen.left && own.right <= seen.right && own.top >= seen.top && own.bottom <= seen.bottom) return;
    const scale = svg.getScreenCTM().inverse().a;
    box.x += (own.left + own.width / 2 - seen.left - seen.width / 2) * scale;
    box.y += (own.top + own.height / 2 - seen.top - seen.height / 2) * scale;
  }
  function place(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }
  function reset() {
    Object.assign(box, whole);
    choose(null);
    search.value = "";
    find();
  }
  function find() {
    const wanted = search.value.trim().toLowerCase();
    canvas.classList.toggle("faded", wanted !== "");
    for (const node of nodes) {
      node.classList.toggle("found", wanted !== "" && node.textContent.toLowerCase().includes(wanted));
    }
  }

  // Small letters help nobody: a large graph begins at its top, in natural size.
  if (canvas.clientWidth && Math.min(canvas.clientWidth / whole.width, canvas.clientHeight / whole.height) < 0.8) {
    const scale = Math.min(1, Math.max(canvas.clientWidth / whole.width, 0.6));
    box.width = canvas.clientWidth / scale;
    box.height = canvas.clientHeight / scale;
    box.x = (whole.width - box.width) / 2;
    box.y = 0;
  }
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.0015), ...place(event));
  }, { passive: false });
  let grip = null;
  canvas.addEventListener("pointerdown", (event) => {
    grip = { at: place(event), x: event.clientX, y: event.clientY, moved: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grip || event.buttons === 0) return;
    if (!grip.moved && Math.hypot(event.clientX - grip.x, event.clientY - grip.y) < 4) return;
    if (!grip.moved) canvas.setPointerCapture(event.pointerId);
    grip.moved = true;
    canvas.classList.add("moving");
    const [x, y] = place(event);
    box.x += grip.at[0] - x;
    box.y += grip.at[1] - y;
  });
  canvas.addEventListener("pointerup", (event) => {
    canvas.classList.remove("moving");
    if (grip && !grip.moved) choose(event.target.closest(".hr-node"));
    grip = null;
  });
  for (const node of nodes) {
    node.setAttribute("tabindex", "0");
    node.setAttribute("role", "button");
    node.addEventListener("focus", () => show(node));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(node); }
    });
  }
  const search = pane.querySelector(".tools input");
  search.addEventListener("input", find);
  const buttons = pane.querySelectorAll(".tools button");
  buttons[0].addEventListener("click", () => zoom(0.7, box.x + box.width / 2, box.y + box.height / 2));
  buttons[1].addEventListener("click", () => zoom(1.4, box.x + box.width / 2, box.y + box.height / 2));
  buttons[2].addEventListener("click", reset);
  graph.addEventListener("keydown", (event) => { if (event.key === "Escape") reset(); });
}
