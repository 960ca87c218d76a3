// Curves with axes.

import { h } from "./dom.js";

const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const PAINTS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

export class Plot {
  constructor(names, about = {}) {
    this.names = names;
    this.about = about;
    this.element = h("div", { class: "plot" });
    this.log = false;
    this.data = null;
    this.watcher = new ResizeObserver(() => this.size());
    this.watcher.observe(this.element);
  }

  end() { this.watcher.disconnect(); this.made?.destroy(); }

  setLog(log) { this.log = log; this.made?.destroy(); this.made = null; if (this.data) this.show(this.data); }

  show(data) {
    this.data = data;
    const shown = this.log ? [data[0], ...data.slice(1).map((one) => one.map((value) => (value > 0 ? value : null)))] : data;
    if (this.made) this.made.setData(shown);
    else if (this.element.clientWidth) this.make(shown);
  }

  size() {
    if (!this.made) { if (this.data) this.show(this.data); return; }
    this.made.setSize({ width: this.element.clientWidth, height: this.height() });
  }

  height() { return this.about.height ?? Math.max(170, Math.round(this.element.clientWidth * 0.55)); }

  make(data) {
    const font = `${Math.max(11, Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.78))}px system-ui, sans-serif`;
    const axis = { stroke: ink("--soft"), font, labelFont: font, labelSize: 20, grid: { stroke: ink("--line"), width: 1 }, ticks: { stroke: ink("--line"), width: 1 } };
    const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark");
    const options = {
      width: this.element.clientWidth, height: this.height(),
      scales: { x: { time: Boolean(this.about.time) }, y: { distr: this.log ? 3 : 1 } },
      axes: [{ ...axis, label: this.about.time ? undefined : this.names[0] }, { ...axis, label: this.about.y, size: 62, values: (_, ticks) => ticks.map((one) => (one === null ? "" : Math.abs(one) >= 1e5 || (one && Math.abs(one) < 1e-3) ? one.toExponential(0) : String(Number(one.toPrecision(6))))) }],
      series: [{ label: this.names[0] }, ...this.names.slice(1).map((label, at) => ({ label, stroke: dark ? ["#56b4e9", "#ff9d5c", "#3fcfa8", "#e6a5c9"][at % 4] : PAINTS[at % 4], width: 1.6, points: { show: data[0].length < 60, size: 5 } }))],
      legend: { show: true, live: true },
      hooks: this.about.pointed ? { setCursor: [(plot) => this.about.pointed(plot.cursor.idx ?? null)] } : {},
    };
    this.made = new uPlot(options, data, this.element);
  }
}
