"""Check the docs against headrace itself: python docs/check.py [FILE...]. Needs headrace installed, and no network.

In README.md and every page of docs/:

* every relative link leads to a file, and to a heading in it if it names one;
* every ``yaml`` block that is a graph has no fault, or exactly those that are announced above it;
* every ``python`` block runs, and every ``pycon`` block gives what it shows; blocks of one page share their names;
* every ``headrace`` command in a ``console`` block exists, with these options;
* the catalogue is what the node types say today.

A comment on the line above a block says what is special about it: ``<!-- file: own/mine.yaml -->`` (write the
block to this file first), ``<!-- broken: HR201 HR304 -->`` (a graph with exactly these faults), ``<!-- trust -->``
(check the graph with its own Python files), ``<!-- not run: why -->``.

Blocks run in a folder of their own, in which ``headrace-demo/raw`` holds a small simulated scan.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from make_catalogue import CATALOGUE, catalogue

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")
_SPECIAL = re.compile(r"<!-- (file|broken|trust|not run):? ?(.*?) ?-->")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    special: dict[str, str]

    @property
    def where(self) -> str:
        """The place, as people and editors read it."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Give README.md and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """Give the fenced blocks of a page."""
    lines, special = page.read_text(encoding="utf-8").splitlines(), dict[str, str]()
    start, language, body = 0, "", list[str]()
    for number, line in enumerate(lines, 1):
        if line.startswith("```") and not start:
            start, language, body = number, line[3:].strip(), []
        elif line.startswith("```"):
            yield Block(page, start, language, "\n".join(body) + "\n", special)
            start, special = 0, {}
        elif start:
            body.append(line)
        elif found := _SPECIAL.findall(line):
            special |= dict(found)
        elif line:
            special = {}


def prose(page: Path) -> str:
    """Give a page without its blocks and code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return _CODE.sub("", text)


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ +(.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_links(page: Path) -> Iterator[str]:
    """Find links that lead nowhere."""
    for link in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: the link {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{page.relative_to(ROOT)}: the link {link} names no heading of that page"


def check_graph(block: Block) -> Iterator[str]:
    """Find faults in a graph, and faults that were announced and are none."""
    if not re.search(r"^headrace:", block.text, flags=re.MULTILINE):
        return
    from headrace import check

    path = Path(block.special.get("file", "graph.yaml"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    faults = check(path, trust="trust" in block.special)
    expected = Counter(block.special.get("broken", "").split())
    if Counter(fault.code for fault in faults) != expected:
        found = "".join(f"\n    {fault}" for fault in faults) or " none"
        yield f"{block.where}: expected the faults {sorted(expected.elements()) or 'none'}, found{found}"


def check_python(block: Block, names: dict[str, Any]) -> Iterator[str]:
    """Run a block; give its traceback if it raises."""
    if "file" in block.special:
        path = Path(block.special["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile("\n" * block.line + block.text, block.where, "exec"), names)
    except Exception:
        yield f"{block.where}: {traceback.format_exc()}"


def check_doctest(block: Block, names: dict[str, Any]) -> Iterator[str]:
    """Run the examples of a block; give those that show something else."""
    test = doctest.DocTestParser().get_doctest(block.text, names, block.where, str(block.page), block.line)
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=said.write, clear_globs=False)
    names.update(test.globs)
    if runner.failures:
        yield f"{block.where}: {said.getvalue()}"


def check_console(block: Block) -> Iterator[str]:
    """Find headrace commands that don't exist so."""
    import click

    from headrace.engine.cli import main as headrace

    for line in block.text.replace("\\\n", " ").splitlines():
        for command in line.removeprefix("$ ").split("&&") if line.startswith("$ ") else []:
            words = shlex.split(command, comments=True)
            if words[:1] != ["headrace"]:
                continue
            try:
                context = click.Context(headrace, info_name="headrace")
                name, verb, rest = headrace.resolve_command(context, words[1:])
                if verb is not None:
                    verb.make_context(name, rest, parent=context)
            except click.exceptions.Exit:
                continue  # --help and --version
            except click.ClickException as error:
                yield f"{block.where}: {command.strip()}: {error.format_message()}"


def check_block(block: Block, names: dict[str, Any]) -> Iterator[str]:
    """Check one block by its language."""
    if "not run" in block.special:
        return
    if block.language == "yaml":
        yield from check_graph(block)
    elif block.language == "python":
        yield from check_python(block, names)
    elif block.language == "pycon":
        yield from check_doctest(block, names)
    elif block.language == "console":
        yield from check_console(block)


def check_catalogue() -> Iterator[str]:
    """Compare the catalogue with what the node types say."""
    if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != catalogue():
        yield f"{CATALOGUE.relative_to(ROOT)} is out of date; run: python docs/make_catalogue.py"


def simulate(store: Path) -> None:
    """Store a small simulated scan, with its dark run."""
    from headrace.engine.documents.simulated import simulate_crystal_rod
    from headrace.engine.documents.store_writer import FolderStoreWriter

    with FolderStoreWriter(store) as write:
        for name, doc in simulate_crystal_rod((5, 13)):
            write(name, doc)


@contextlib.contextmanager
def workshop() -> Iterator[None]:
    """Work in a folder of its own, without a display."""
    before = Path.cwd()
    os.environ.setdefault("MPLBACKEND", "agg")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            simulate(Path("headrace-demo/raw"))
            yield
        finally:
            os.chdir(before)


def check_page(page: Path, counts: Counter[str]) -> Iterator[str]:
    """Check one page."""
    yield from check_links(page)
    names: dict[str, Any] = {"__name__": "__docs__"}
    for block in blocks(page):
        counts[block.language or "plain"] += 1
        yield from check_block(block, names)


def main(chosen: list[str]) -> int:
    """Check the pages and print what is wrong; give the exit code."""
    began, counts, problems = time.monotonic(), Counter[str](), list(check_catalogue())
    paths = [Path(name).resolve() for name in chosen] or pages()
    with workshop():
        for page in paths:
            problems += check_page(page, counts)
    for problem in problems:
        print(problem, file=sys.stderr)
    blocks_said = ", ".join(f"{number} {language}" for language, number in sorted(counts.items()))
    seconds = time.monotonic() - began
    print(f"docs: {len(paths)} pages, blocks: {blocks_said}; {len(problems)} problems; {seconds:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
