// Many chains that only meet in a sink: each is laid out by itself, and they are packed like words on a page.

const GAP = 46;

/** Lay a graph out in pieces; give false where it is one piece, or few. */
export function arrangePacked(cy, options, aspect, isSink) {
  const sinks = cy.nodes().filter((node) => isSink(node.id()));
  const pieces = cy.elements().difference(sinks.union(sinks.connectedEdges())).components();
  if (pieces.length < 4) return false;
  const boxes = pieces.map((piece) => {
    piece.layout(options("TB")).run();
    const box = piece.nodes().boundingBox({ includeLabels: false });
    return { piece, box };
  });
  const area = boxes.reduce((sum, { box }) => sum + (box.w + GAP) * (box.h + GAP), 0);
  const width = Math.max(Math.sqrt(area * aspect), ...boxes.map(({ box }) => box.w));
  let [x, y, tall] = [0, 0, 0];
  cy.batch(() => {
    for (const { piece, box } of boxes) {
      if (x > 0 && x + box.w > width) { [x, y, tall] = [0, y + tall + GAP, 0]; }
      piece.nodes().shift({ x: x - box.x1, y: y - box.y1 });
      x += box.w + GAP;
      tall = Math.max(tall, box.h);
    }
    sinks.forEach((sink, number) => { sink.position({ x: width / 2 + (number - (sinks.length - 1) / 2) * 240, y: y + tall + GAP + 130 }); });
  });
  return true;
}
