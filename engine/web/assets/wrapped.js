// A graph that is very wide at some depth: its rows are broken, like lines of text, so that it fits a screen.

const STEP = { x: 220, y: 206 };
const GAP = 60; // between one depth and the next

/** Break the rows of a graph that was laid out downward; give false where that shows it no larger than `least`. */
export function arrangeWrapped(cy, { width, height }, least) {
  const ranks = new Map();
  cy.nodes().forEach((node) => { const y = Math.round(node.position("y")); ranks.set(y, [...(ranks.get(y) ?? []), node]); });
  const rows = [...ranks].sort(([one], [other]) => one - other).map(([, nodes]) => nodes); // within a row as in the file
  const lines = (columns) => rows.reduce((all, row) => all + Math.ceil(row.length / columns), 0);
  const size = (columns) => Math.min(width / (columns * STEP.x), height / (lines(columns) * STEP.y + (rows.length - 1) * GAP));
  let best = 1;
  for (let columns = 2; columns <= Math.max(...rows.map((row) => row.length)); columns += 1) if (size(columns) > size(best)) best = columns;
  if (size(best) < least) return false;
  cy.batch(() => {
    let y = 0;
    for (const row of rows) {
      const many = Math.ceil(row.length / best);
      const columns = Math.ceil(row.length / many); // lines of even length
      row.forEach((node, at) => node.position({ x: ((at % columns) - (columns - 1) / 2) * STEP.x, y: y + Math.floor(at / columns) * STEP.y }));
      y += many * STEP.y + GAP;
    }
  });
  return true;
}
