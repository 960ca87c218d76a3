// Colour maps; all but the greys get steadily lighter and are read alike with any colour vision.

const ANCHORS = {
  viridis: ["440154", "482475", "414487", "355f8d", "2a788e", "21918c", "22a884", "44bf70", "7ad151", "bddf26", "fde725"],
  magma: ["000004", "140e36", "3b0f70", "641a80", "8c2981", "b73779", "de4968", "f7705c", "fe9f6d", "fecf92", "fcfdbf"],
  cividis: ["00224e", "083370", "35456c", "4f576c", "666970", "7d7c78", "948e77", "aea371", "c8b866", "e5cf52", "fee838"],
  grey: ["000000", "ffffff"],
  paper: ["ffffff", "000000"],
};
export const MAPS = Object.keys(ANCHORS);
const made = {};

/** 256 colours as 32-bit numbers, as a canvas has them. */
export function table(name) {
  if (made[name]) return made[name];
  const anchors = (ANCHORS[name] ?? ANCHORS.viridis).map((text) => [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16)));
  const colours = new Uint32Array(256);
  for (let at = 0; at < 256; at += 1) {
    const where = (at / 255) * (anchors.length - 1);
    const low = Math.min(Math.floor(where), anchors.length - 2);
    const [r, g, b] = anchors[low].map((one, band) => Math.round(one + (where - low) * (anchors[low + 1][band] - one)));
    colours[at] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  made[name] = colours;
  return colours;
}

/** Numbers to colours; what has no value is left clear. */
export function paint(values, into, name, low, high, log) {
  const colours = table(name);
  const span = high - low || 1e-30;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (value !== value) { into[at] = 0; continue; }
    let share = (value - low) / span;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    if (log) share = Math.log1p(share * 999) / 6.907755;
    into[at] = colours[(share * 255) | 0];
  }
}

export function strip(canvas, name) {
  canvas.width = 256;
  canvas.height = 1;
  const image = new ImageData(256, 1);
  new Uint32Array(image.data.buffer).set(table(name));
  canvas.getContext("2d").putImageData(image, 0, 0);
}
