"""``headrace demo``: a whole experiment without a beamline, from raw documents to pictures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headrace.engine.jobs.progress import Finished

__all__ = ["demo"]

_DEMOS = {"crystal_mapping": "a grid scan over a crystal rod: Bragg peaks, tracks, and a map of each crystal"}
_EPILOG = "NAME is one of: " + "; ".join(f"{name} ({what})" for name, what in _DEMOS.items()) + "."


@click.command(epilog=_EPILOG)
@click.argument("name", default="crystal_mapping")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    default="headrace-demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where everything is written.",
)
@click.pass_context
def demo(ctx: click.Context, name: str, folder: Path) -> None:
    """Simulate an experiment, analyse it, and draw the results.

    Needs nothing but the install. It may be run again in the same DIR: each time there is one more result.
    """
    from headrace.engine.cli.run import exit_code_of, work

    name = _known(name)
    raw = folder / "raw"
    click.echo("1. Simulating a grid scan over a crystal rod: 9 x 13 points, 3 frames each")
    _simulate(raw)
    click.echo(f"2. Running the graph {name} on it\n")
    finished = work(name, f"{raw}/-1", to=[str(folder / "results")])
    click.echo("\n3. Drawing")
    pictures = [_diagram(name, folder), *_pictures(finished, f"{raw}/-1", folder / "pictures")]
    click.echo(_farewell(name, folder, pictures))
    ctx.exit(exit_code_of(finished))


def _known(name: str) -> str:
    found = name.replace("-", "_")
    if found not in _DEMOS:
        problem = f"there is no demo {name!r}; the demos are: {', '.join(_DEMOS)}"
        raise UsageError(problem)
    return found


def _simulate(store: Path) -> None:
    """Store the simulated runs; those that are there from an earlier demo stay."""
    from headrace.engine.documents.simulated import simulate_crystal_rod
    from headrace.engine.documents.store_writer import FolderStoreWriter

    with FolderStoreWriter(store) as write:
        for name, doc in simulate_crystal_rod():
            write(name, doc)


def _diagram(name: str, folder: Path) -> Path:
    from headrace.engine.cli.files import write_text
    from headrace.engine.cli.show import draw

    path = folder / "graph.svg"
    write_text(path, draw(name, "svg")[0])
    return path


def _pictures(finished: Iterable[Finished], raw: str, folder: Path) -> list[Path]:
    from headrace.engine.jobs.run import open_run
    from headrace.engine.view.pictures import draw_result

    units = _units(raw)
    places = [place for one in finished for place in one.places]
    return [path for place in places for path in draw_result(open_run(place), folder, units=units)]


def _units(raw: str) -> dict[str, str]:
    """Give the units that the descriptors of a run say its fields have."""
    from headrace.engine.jobs.run import open_run

    for name, doc in open_run(raw).documents():
        if name == "descriptor":
            return {field: key["units"] for field, key in doc["data_keys"].items() if key.get("units")}
    return {}


def _farewell(name: str, folder: Path, pictures: Iterable[Path]) -> str:
    """Say where everything is, and what to try next."""
    raw, results = (shlex.quote(str(folder / part)) for part in ("raw", "results"))
    drawn = "\n".join(f"  {path}" for path in pictures)
    return f"""{drawn}

The raw runs, as a beamline stores them, are in {raw};
the result runs are in {results}.

Try next:
  headrace show {name}
  headrace nodes locate
  headrace run {name} --from {raw}/-1 \\
      --to {results} --set peaks.minmass=4000
  headrace run {name} --from {raw}/-1 \\
      --to {results} --set tracks.memory=0"""
