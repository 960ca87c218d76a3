"""``headrace sweep``: one run, many combinations of parameters, a table and a picture."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.options import trust_option
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from headrace.engine.jobs.sweep import Point, Sweep

__all__ = ["read_over", "sweep"]

_MOST = 10_000
_SHOWN = 6
_TELLING = (".rows", ".particles", ".mean", ".max")
_EPILOG = """\
\b
VALUES is one of
  60:95:5         from 60 to 95 in steps of 5, both ends included
  5,10,20         these
  on              any single value of a graph file

\b
Examples:
  headrace sweep store/-1 crystal_mapping --over peaks.percentile=60:95:5
  headrace sweep store/-1 mine.yaml --over peaks.percentile=60:95:5 \\
      --over tracks.search_range=5,10,20 --show peaks.rows --show tracks.particles
"""


@click.command(epilog=_EPILOG)
@click.argument("run")
@click.argument("graph", required=False)
@click.option("--over", multiple=True, required=True, metavar="NODE.PARAM=VALUES", help="A parameter, and its values.")
@click.option("--set", "settings", metavar="NODE.PARAM=VALUE", multiple=True, help="A parameter for all of them.")
@click.option("--paired", is_flag=True, help="Take the first values together, the second ones, and so on.")
@click.option("--show", multiple=True, metavar="NAME", help="What to show, such as peaks.rows; by default what varies.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), help="Write sweep.csv and sweep.png there.")
@click.option("--to", metavar="DEST", help="Where the result runs go, if they are to be kept.")
@click.option("--cache", metavar="DIR|off", help="Where what is shared is kept; off: in memory only.")
@click.option("--workers", type=click.IntRange(min=1), help="How many at once; as many as processors by default.")
@click.option("--lookup", metavar="STORE", help="A folder of runs in which other runs (darks) are looked up.")
@trust_option
def sweep(
    run: str,
    graph: str | None,
    over: tuple[str, ...],
    settings: tuple[str, ...],
    show: tuple[str, ...],
    folder: Path | None,
    cache: str | None,
    **options: Any,
) -> None:
    """Analyse RUN with many combinations of parameters, and compare what comes out.

    What stands before the varied nodes is computed once. GRAPH is that of RUN, if RUN is a result.
    """
    from headrace.engine.cli.settings import read_settings
    from headrace.engine.jobs.sweep import combinations
    from headrace.engine.jobs.sweep import sweep as work

    varied: dict[str, list[Any]] = dict(read_over(text) for text in over)
    total = len(combinations(varied, paired=options["paired"]))
    with click.progressbar(length=total, label="combinations", file=sys.stderr) as bar:
        chosen: Any = True if cache is None else cache

        def step(point: Point) -> None:
            bar.update(1)

        swept = work(run, graph, varied, set=read_settings(settings), cache=chosen, on_point=step, **options)
    names = list(show) or _varying(swept)
    table = swept.table(names)
    click.echo(table.to_string(index=False, float_format=lambda value: f"{value:.6g}"))
    if folder is not None:
        _write(folder, swept, table, names, graph or run)


def _varying(swept: Sweep) -> list[str]:
    """Give the measures that differ between the points: the others say nothing. Means of columns come last."""
    whole: pd.DataFrame = swept.table()
    names = [name for name in whole.columns if name not in (*swept.over, "seconds")]
    varying = [name for name in names if whole[name].nunique(dropna=False) > 1] or names
    telling = [name for name in varying if "." not in name or name.endswith(_TELLING)]
    return (telling or varying)[:_SHOWN]


def _write(folder: Path, swept: Sweep, table: pd.DataFrame, names: list[str], label: str) -> None:
    from headrace.engine.view.figure_sweep import sweep_figure

    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "sweep.csv", index=False)
    sweep_figure(label, table, swept.over, names).savefig(folder / "sweep.png", dpi=150)
    click.echo(f"wrote {folder / 'sweep.csv'} and {folder / 'sweep.png'}")


def read_over(text: str) -> tuple[str, list[Any]]:
    """Read a parameter and its values.

    Raises
    ------
    UsageError
        If the text is not of that form.

    Examples
    --------
    >>> read_over("peaks.percentile=60:70:5")
    ('peaks.percentile', [60, 65, 70])
    >>> read_over("tracks.search_range=0.1:0.3:0.1")
    ('tracks.search_range', [0.1, 0.2, 0.3])
    >>> read_over("dark.missing=error,zero")
    ('dark.missing', ['error', 'zero'])
    """
    from headrace.engine.cli.settings import read_settings

    key, _, values = text.partition("=")
    parts = values.split(":")
    if len(parts) == 3:
        return key.strip(), _range(text, *parts)
    (_, one) = next(iter(read_settings([text]).items()))
    if isinstance(one, list) or "," not in values or values.strip()[:1] in "[{\"'":
        return key.strip(), one if isinstance(one, list) else [one]
    return key.strip(), [next(iter(read_settings([f"{key}={value}"]).values())) for value in values.split(",")]


def _range(text: str, first: str, last: str, step: str) -> list[Any]:
    """Give the numbers of a range, with decimal arithmetic, so that the last one is not missed."""
    try:
        start, end, by = (Decimal(part.strip()) for part in (first, last, step))
        number = int((end - start) / by) + 1
    except (InvalidOperation, ZeroDivisionError, OverflowError, ValueError) as error:
        problem = f"--over {text!r}: expected FIRST:LAST:STEP with numbers, such as peaks.percentile=60:95:5"
        raise UsageError(problem) from error
    if not 1 <= number <= _MOST:
        problem = f"--over {text!r}: this range has {max(number, 0)} values; expected 1 to {_MOST}"
        raise UsageError(problem)
    found = [start + by * place for place in range(number)]
    whole = all(value == value.to_integral_value() for value in found) and "." not in f"{first}{step}"
    return [int(value) if whole else float(value) for value in found]
