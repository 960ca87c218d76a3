"""``headrace demo``: a whole experiment without a beamline, from raw documents to pictures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headrace.engine.documents.simulated import Experiment
    from headrace.engine.jobs.progress import Finished

__all__ = ["demo"]

_FIRST = "crystal_mapping"
_DEMOS = {
    _FIRST: "a grid scan over a crystal rod: Bragg peaks, tracks, and a map of each crystal",
    "crystal_windows": "the same scan: a map of each crystal by windows on the detector",
    "xpd_reduction": "powder that is heated: patterns without dark and background",
    "sacla_shots": "single shots of a free-electron laser: mean, brightest, histograms, spectrum",
    "sacla_roi": "pump and probe: a Bragg peak over the delay, laser on against off",
    "point_detectors": "an absorption edge seen by diodes, without any image",
}
_EPILOG = "NAME is one of: " + "; ".join(f"{name} ({what})" for name, what in _DEMOS.items()) + "."


@click.command(epilog=_EPILOG)
@click.argument("name", default=_FIRST)
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where everything is written.  [default: headrace-demo; for another NAME, headrace-demo-NAME]",
)
@click.option("--live", is_flag=True, help="A beamline that goes on measuring, and a page to watch and change it.")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), default=0, help="Of that page.  [default: a free one]"
)
@click.option("--runs", metavar="N", type=click.IntRange(min=1), help="Live: end after so many scans.")
@click.pass_context
def demo(ctx: click.Context, name: str, folder: Path | None, live: bool, port: int, runs: int | None) -> None:
    """Simulate an experiment, analyse it, and draw the results.

    Needs nothing but the install. It may be run again in the same DIR: each time there is one more result.
    """
    from headrace.engine.cli.graph_argument import read_graph
    from headrace.engine.cli.run import exit_code_of
    from headrace.engine.cli.working import work

    if live:
        from headrace.engine.cli.demo_live import demo_live

        demo_live(folder or Path("headrace-demo-live"), port, runs)
        return
    name = _known(name)
    experiment = _experiment(name)
    folder = folder or Path("headrace-demo" if name == _FIRST else f"headrace-demo-{name}")
    click.echo(f"1. Simulating {experiment.story}")
    raw = _simulate(experiment, folder / "raw")
    click.echo(f"2. Running the graph {name} on it\n")
    finished = work([read_graph(name, trust=False)[0]], raw, to=[str(folder / "results")])
    click.echo("\n3. Drawing")
    pictures = [_diagram(name, folder), *_pictures(finished, raw, folder / "pictures")]
    pictures += _drawn_by_nodes(folder / "results")
    click.echo(_farewell(name, experiment, raw, folder, pictures))
    ctx.exit(exit_code_of(finished))


def _known(name: str) -> str:
    found = name.replace("-", "_")
    if found not in _DEMOS:
        problem = f"there is no demo {name!r}; the demos are: {', '.join(_DEMOS)}"
        raise UsageError(problem)
    return found


def _experiment(name: str) -> Experiment:
    from headrace.engine.documents.simulated import experiments

    return experiments()[name]


def _simulate(experiment: Experiment, store: Path) -> str:
    """Store the simulated runs, and give the address of the last; those of an earlier demo stay."""
    from headrace.engine.documents.store_writer import FolderStoreWriter

    last = ""
    with FolderStoreWriter(store) as write:
        for name, doc in experiment.simulate():
            last = doc["uid"] if name == "start" else last
            write(name, doc)
    return f"{store}/{last[:8]}"


def _diagram(name: str, folder: Path) -> Path:
    from headrace.engine.cli.files import write_text
    from headrace.engine.cli.show import draw

    path = folder / "graph.svg"
    write_text(path, str(draw(name, "svg")[0]))
    return path


def _pictures(finished: Iterable[Finished], raw: str, folder: Path) -> list[Path]:
    from headrace.engine.jobs.run import open_run
    from headrace.engine.view.pictures import draw_result

    units = _units(raw)
    places = [place for one in finished for place in one.places]
    return [path for place in places for path in draw_result(open_run(place), folder, units=units)]


def _drawn_by_nodes(results: Path) -> list[Path]:
    """Give the pictures that the graph itself has drawn in its newest run."""
    folders = sorted((results / "files").glob("*/"), key=lambda folder: folder.stat().st_mtime)
    return sorted(folders[-1].glob("*.png")) if folders else []


def _units(raw: str) -> dict[str, str]:
    """Give the units that the descriptors of a run say its fields have."""
    from headrace.engine.jobs.run import open_run

    for name, doc in open_run(raw).documents():
        if name == "descriptor":
            return {field: key["units"] for field, key in doc["data_keys"].items() if key.get("units")}
    return {}


def _farewell(name: str, experiment: Experiment, raw: str, folder: Path, pictures: Iterable[Path]) -> str:
    """Say where everything is, and what to try next."""
    stored, run, results = (shlex.quote(str(place)) for place in (folder / "raw", raw, folder / "results"))
    drawn = "\n".join(f"  {path}" for path in pictures)
    tries = "\n".join(
        f"  headrace run {name} --from {run} \\\n      --to {results} --set {shlex.quote(change)}"
        for change in experiment.tries
    )
    return f"""{drawn}

The raw runs, as a beamline stores them, are in {stored};
the result runs are in {results}.

Try next:
  headrace show {name}
  headrace nodes {experiment.node_type}
{tries}"""
