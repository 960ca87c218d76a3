// Drawing a box or a polygon on an image with the mouse.

import { boxOf } from "./regions.js";

export class Drawing {
  constructor(view) {
    this.view = view;
    this.kind = null;
    this.corners = [];
    this.done = null; // what was drawn last
    this.pointer = null;
  }

  /** Begin; `taken` is told the parameter's value once the region is closed. */
  begin(kind, taken) {
    this.cancel();
    Object.assign(this, { kind, taken, corners: [], done: null });
    this.view.element.style.cursor = "crosshair";
    this.view.element.dataset.drawing = kind;
    this.view.lay();
  }

  cancel() {
    Object.assign(this, { kind: null, corners: [], done: null, pointer: null });
    delete this.view.element.dataset.drawing;
    this.view.lay?.();
    this.left?.();
  }

  down(event) {
    if (!this.kind) return false;
    const place = this.view.pixel(event);
    this.view.element.setPointerCapture(event.pointerId);
    if (this.kind === "box") this.corners = [place, place];
    else if (this.closes(place)) this.finish();
    else this.corners.push(place);
    this.view.lay();
    return true;
  }

  /** Whether a click is on the first corner, or a second time on the last. */
  closes([y, x]) {
    if (this.corners.length < 3) return false;
    const near = ([cy, cx]) => Math.hypot(cy - y, cx - x) * this.view.view.k < 9;
    return near(this.corners[0]) || near(this.corners.at(-1));
  }

  move(event) {
    if (!this.kind) return false;
    this.pointer = this.view.pixel(event);
    if (this.kind === "box" && this.corners.length) this.corners[1] = this.pointer;
    this.view.lay();
    return true;
  }

  up() {
    if (this.kind === "box" && this.corners.length) this.finish();
  }

  finish() {
    const { kind, taken } = this;
    if (kind === "box") {
      const [[ya, xa], [yb, xb]] = this.corners;
      if (Math.abs(ya - yb) < 0.3 || Math.abs(xa - xb) < 0.3) { this.corners = []; return; }
      const box = boxOf(...this.corners, this.view.shape);
      const [y0, y1, x0, x1] = box.map((one) => one - 0.5);
      this.end([[y0, x0], [y0, x1], [y1, x1], [y1, x0]]);
      taken(box);
    } else if (this.corners.length > 2) {
      const corners = this.corners.map(([y, x]) => [Number(y.toFixed(1)), Number(x.toFixed(1))]);
      this.end(corners);
      taken(corners);
    }
  }

  end(corners) {
    Object.assign(this, { kind: null, corners: [], done: corners, pointer: null });
    delete this.view.element.dataset.drawing;
    this.view.lay();
  }

  shapes() {
    if (this.done) return [{ corners: this.done, ghost: true }];
    if (!this.kind || !this.corners.length) return [];
    if (this.kind === "box") {
      const [[ya, xa], [yb, xb]] = this.corners;
      return [{ corners: [[ya, xa], [ya, xb], [yb, xb], [yb, xa]], ghost: true }];
    }
    return [{ corners: [...this.corners, ...(this.pointer ? [this.pointer] : [])], ghost: true, open: true }];
  }
}
