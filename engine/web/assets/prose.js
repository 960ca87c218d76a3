// Documentation as it is written in Python, made readable: paragraphs, headings, lists of names, examples.

import { h } from "./dom.js";

/** Words between backquotes as code; all of it as text. */
export function inline(words) {
  return words.split(/(``[^`]+``|`[^`]+`|\*\*[^*]+\*\*)/).map((part) => (/^`/.test(part) ? h("code", { text: part.replaceAll("`", "") }) : /^\*\*/.test(part) ? h("b", { text: part.replaceAll("**", "") }) : part.replace(/ ?\[(\d+)\]_/g, " [$1]")));
}

const HEADING = /^([^\n]+)\n([-=])\2{2,}\n?/;

export function prose(doc) {
  const parts = [];
  for (let block of doc.split(/\n[ \t]*\n/)) {
    const heading = HEADING.exec(block);
    if (heading) { parts.push(h("h4", { text: heading[1] })); block = block.slice(heading[0].length); }
    if (block.trim()) parts.push(shaped(block, parts.at(-1)));
  }
  return parts.filter(Boolean);
}

function shaped(block, before) {
  const lines = block.split("\n");
  if (/^\s|^>>>/.test(lines[0])) {
    const words = lines.join("\n").replace(/^\n+/, "");
    if (before?.tagName !== "PRE") return h("pre", { text: words });
    before.append(`\n\n${words}`);
    return null;
  }
  if (lines.some((line) => /^\s/.test(line)) && !/^(\.\.|[-*] )/.test(lines[0])) return named(lines);
  return h("p", {}, inline(block.replace(/^\.\. (?=\[)/gm, "").replace(/::\s*$/, ":").replace(/\s*\n\s*/g, " ")));
}

/** Names with what is said of them below, further to the right. */
function named(lines) {
  const list = h("dl");
  for (const line of lines) {
    if (!/^\s/.test(line)) list.append(h("dt", {}, inline(line)));
    else if (list.lastElementChild?.tagName === "DD") list.lastElementChild.append(" ", ...inline(line.trim()));
    else list.append(h("dd", {}, inline(line.trim())));
  }
  return list;
}
