// An image at full size: colours, contrast, zoom, the value under the cursor, and what is drawn over it.

import { get, look, pixels } from "./api.js";
import { h, s, text } from "./dom.js";
import { paint } from "./colours.js";
import { number } from "./words.js";
import { Drawing } from "./drawing.js";

export class ImageView {
  constructor(about = {}) {
    this.port = null;
    this.at = 0;
    this.index = 0;
    this.spots = [];
    this.settings = { colours: "viridis", log: false, low: null, high: null };
    this.over = { spots: [], regions: [], rings: [], curves: [] };
    this.onrange = about.onrange ?? (() => {});
    this.canvas = h("canvas", { role: "img", "aria-label": about.label ?? "image" });
    this.svg = s("svg", { "aria-hidden": "true" });
    this.under = h("div", { class: "under", hidden: true });
    this.corner = h("div", { class: "corner" });
    this.element = h("div", { class: "viewer", tabindex: 0, "aria-label": "Image; plus and minus zoom, arrows move, 0 shows all" }, this.canvas, this.svg, this.under, this.corner);
    this.drawing = new Drawing(this);
    this.data = null;
    this.view = null; // { k, ox, oy }: pixels of the screen per pixel, and where the image begins
    this.events();
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(this.element);
  }

  end() { this.watcher.disconnect(); clearTimeout(this.soon); clearTimeout(this.asking); this.ended = true; }

  /** Show a port at an event, with spots that come with the pixels of that event; fetches at most one image at a time. */
  async show(port, at, index = 0, spots = []) {
    const other = port !== this.port;
    const same = !other && at === this.at && index === this.index && this.data;
    Object.assign(this, { port, at, index, spots });
    if (same) { if (!this.busy) this.setOver({ spots }); return; }
    if (other) { this.data = null; this.view = null; this.drawing.cancel(); }
    await this.fetch();
  }

  async fetch() {
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    const { spots } = this;
    try {
      const found = await pixels(this.port, { at: this.at, index: this.index, side: this.side(), ...this.wanted() });
      if (!found || this.ended) return;
      this.data = found;
      this.shape = found.of;
      this.over.spots = spots;
      this.element.style.aspectRatio = String(Math.min(2.2, Math.max(0.8, found.of[1] / found.of[0])));
      if (!this.view) this.whole();
      this.paint();
    } finally {
      this.busy = false;
      if (this.again && !this.ended) { this.again = false; this.fetch(); }
    }
  }

  side() { return Math.min(2048, Math.max(256, Math.round(Math.max(this.element.clientWidth, this.element.clientHeight) * Math.min(2, devicePixelRatio)))); }

  /** The part that is seen, when that is less than all. */
  wanted() {
    if (!this.view || !this.shape) return {};
    const [ny, nx] = this.shape;
    const { k, ox, oy } = this.view;
    const y0 = Math.max(0, Math.floor(-oy / k));
    const x0 = Math.max(0, Math.floor(-ox / k));
    const y1 = Math.min(ny, Math.ceil((this.element.clientHeight - oy) / k));
    const x1 = Math.min(nx, Math.ceil((this.element.clientWidth - ox) / k));
    return y1 - y0 < ny || x1 - x0 < nx ? { y0, y1: Math.max(y1, y0 + 1), x0, x1: Math.max(x1, x0 + 1) } : {};
  }

  whole() {
    const [ny, nx] = this.shape;
    const k = Math.min(this.element.clientWidth / nx, this.element.clientHeight / ny) || 1;
    this.view = { k, ox: (this.element.clientWidth - nx * k) / 2, oy: (this.element.clientHeight - ny * k) / 2, all: true };
  }

  resized() {
    if (!this.shape) return;
    if (!this.view || this.view.all) this.whole();
    this.paint();
    this.refine();
  }

  paint() {
    const { data, canvas, settings } = this;
    if (!data || !this.view) return;
    const low = settings.low ?? data.low;
    const high = settings.high ?? data.high;
    const image = new ImageData(data.nx, data.ny);
    paint(data.values, new Uint32Array(image.data.buffer), settings.colours, low, high, settings.log);
    this.sheet ??= document.createElement("canvas");
    this.sheet.width = data.nx;
    this.sheet.height = data.ny;
    this.sheet.getContext("2d").putImageData(image, 0, 0);
    this.place();
    text(this.corner, `${data.of.join(" × ")} ${data.is}${data.step > 1 ? ` · 1 : ${data.step}` : ""}`);
    canvas.dataset.at = this.at;
    this.onrange(data, low, high);
  }

  /** Put the painted pixels where they belong on the screen. */
  place() {
    const { canvas, data, view } = this;
    const ratio = Math.min(2, devicePixelRatio);
    canvas.width = Math.round(this.element.clientWidth * ratio);
    canvas.height = Math.round(this.element.clientHeight * ratio);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.drawImage(this.sheet, view.ox + data.x * view.k, view.oy + data.y * view.k, data.nx * data.step * view.k, data.ny * data.step * view.k);
    this.lay();
  }

  setOver(over) { Object.assign(this.over, over); this.lay(); }

  lay() {
    if (!this.view) return;
    const { k, ox, oy } = this.view;
    const screen = ([y, x]) => [ox + (x + 0.5) * k, oy + (y + 0.5) * k];
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const parts = [];
    for (const place of this.over.spots) {
      const [x, y] = screen(place);
      parts.push(s("circle", { cx: x, cy: y, r: Math.max(0.5 * rem, Math.min(1.4 * rem, 8 * k)), class: "spot" }));
    }
    for (const radius of this.over.rings) {
      const [x, y] = screen(radius.centre);
      parts.push(s("circle", { cx: x, cy: y, r: radius.radius * k, class: "ring" }));
    }
    for (const curve of this.over.curves) {
      parts.push(s("polyline", { points: curve.places.map((one) => screen(one).join(",")).join(" "), class: curve.pointed ? "ring pointed" : "ring" }));
    }
    for (const region of [...this.over.regions, ...this.drawing.shapes()]) {
      parts.push(s(region.open ? "polyline" : "polygon", { points: region.corners.map((one) => screen(one).join(",")).join(" "), class: region.ghost ? "region ghost" : region.node && region.node !== this.over.own ? "region other" : "region", fill: region.open ? "none" : null }));
      if (region.node) {
        const [x, y] = screen(region.corners.reduce((best, one) => (one[0] < best[0] || (one[0] === best[0] && one[1] < best[1]) ? one : best)));
        const label = s("text", { x: x + 2, y: y - 4, class: "mark" });
        label.textContent = region.node;
        parts.push(label);
      }
    }
    this.svg.replaceChildren(...parts);
  }

  /** The pixel [y, x] at a place on the screen, whole or in parts. */
  pixel(event) {
    const box = this.element.getBoundingClientRect();
    const { k, ox, oy } = this.view;
    return [(event.clientY - box.top - oy) / k - 0.5, (event.clientX - box.left - ox) / k - 0.5];
  }

  zoom(factor, px, py) {
    const { k, ox, oy } = this.view;
    const next = Math.min(80, Math.max(Math.min(this.element.clientWidth / this.shape[1], this.element.clientHeight / this.shape[0]) * 0.8, k * factor));
    this.view = { k: next, ox: px - ((px - ox) * next) / k, oy: py - ((py - oy) * next) / k };
    this.place();
    this.refine();
  }

  move(dx, dy) {
    this.view = { ...this.view, ox: this.view.ox + dx, oy: this.view.oy + dy, all: false };
    this.place();
    this.refine();
  }

  refine() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.fetch(), 160);
  }

  events() {
    const { element } = this;
    element.addEventListener("wheel", (event) => {
      if (!this.view || !this.data) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    element.addEventListener("dblclick", () => { if (this.data && !this.drawing.kind) { this.whole(); this.place(); this.refine(); } });
    let from = null;
    element.addEventListener("pointerdown", (event) => {
      if (!this.data || event.button) return;
      element.focus({ preventScroll: true });
      if (this.drawing.down(event)) return;
      from = [event.clientX, event.clientY];
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      if (!this.data) return;
      this.read(event);
      if (this.drawing.move(event)) return;
      if (from) { this.move(event.clientX - from[0], event.clientY - from[1]); from = [event.clientX, event.clientY]; }
    });
    element.addEventListener("pointerup", (event) => { from = null; if (this.data) this.drawing.up(event); });
    element.addEventListener("pointerleave", () => { this.under.hidden = true; });
    element.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (!this.data) return;
    const middle = [this.element.clientWidth / 2, this.element.clientHeight / 2];
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    if (event.key === "Escape" && this.drawing.kind) this.drawing.cancel();
    else if (event.key === "Enter" && this.drawing.kind) this.drawing.finish();
    else if (moves[event.key]) this.move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(1.4, ...middle);
    else if (event.key === "-") this.zoom(1 / 1.4, ...middle);
    else if (event.key === "0") { this.whole(); this.place(); this.refine(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Say what is under the cursor: at once from what was sent, and exactly a moment later where that was thinned. */
  read(event) {
    const [y, x] = this.pixel(event).map((one) => Math.round(one));
    const { data } = this;
    const row = Math.floor((y - data.y) / data.step);
    const column = Math.floor((x - data.x) / data.step);
    const inside = y >= 0 && x >= 0 && y < this.shape[0] && x < this.shape[1] && row >= 0 && row < data.ny && column >= 0 && column < data.nx;
    this.under.hidden = !inside;
    clearTimeout(this.asking);
    if (!inside) return;
    text(this.under, `y ${y}  x ${x}   ${data.step > 1 ? "≤ " : ""}${number(data.values[row * data.nx + column])}`);
    if (data.step === 1) return;
    this.asking = setTimeout(async () => {
      const found = await get(look(this.port, "pixel", { at: this.at, index: this.index, y, x })).catch(() => null);
      if (found && !this.ended) text(this.under, `y ${y}  x ${x}   ${number(found.value)}`);
    }, 120);
  }
}
