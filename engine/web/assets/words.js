// Numbers and times in few characters.

export function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean" || typeof value === "string") return String(value);
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  if (size >= 1e5 || (size < 1e-3 && size > 0)) return value.toExponential(2).replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

export function rate(value) {
  if (!value) return "0/s";
  return `${value >= 100 ? Math.round(value) : value >= 10 ? value.toFixed(1) : value.toFixed(2)}/s`;
}

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 1e-3) return `${Math.round(value * 1e6)} µs`;
  if (value < 1) return `${value < 0.01 ? (value * 1e3).toFixed(1) : Math.round(value * 1e3)} ms`;
  if (value < 120) return `${value.toFixed(1)} s`;
  return value < 7200 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}

export function clock(unix) {
  return unix ? new Date(unix * 1000).toLocaleTimeString([], { hour12: false }) : "";
}

export const percent = (share) => `${Math.round((share || 0) * 100)} %`;
export const memory = (bytes) => (bytes > 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`);
export const shape = (lengths) => (lengths || []).join(" × ");
export const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
