"""``headrace journal``: what a journal holds, and whether it is sound."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headrace.engine.model.errors import NotReachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headrace.engine.documents.journal_store import JournalStore

__all__ = ["journal"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--runs", is_flag=True, help="List the runs in it, the newest last.")
@click.option("--verify", is_flag=True, help="Read all of it and compare the checksums.")
@click.pass_context
def journal(ctx: click.Context, folder: Path, runs: bool, verify: bool) -> None:
    """Say what a journal holds.

    A journal is what `headrace run --journal DIR` writes. Its runs can be used like those of a store: `headrace run
    GRAPH --from DIR/-1`. A service may be writing it meanwhile. The exit code is 1 if something in it is damaged.
    """
    store = _opened(folder)
    click.echo(_summary(store))
    if runs:
        for line in _lines(store):
            click.echo(line)
    damaged = _verify(store) if verify else 0
    ctx.exit(1 if damaged else 0)


def _opened(folder: Path) -> JournalStore:
    from headrace.engine.documents.journal_store import JournalStore, is_journal

    if not is_journal(folder):
        problem = f"{folder} is no journal; expected a folder that headrace run --journal wrote"
        raise NotReachableError(problem)
    store = JournalStore(folder)
    store.holdings.look()
    return store


def _summary(store: JournalStore) -> str:
    segments = list(store.holdings)
    size = sum(one.bytes for one in segments)
    records = sum(one.records for one in segments)
    oldest = min((one.first for one in segments if one.records), default=None)
    since = f", since {_clock(oldest)}" if oldest is not None else ""
    held = f"{_counted(len(store.holdings.starts()), 'run')}, {_counted(records, 'record')}"
    return f"{store.folder}: {held}, {size / 1e6:.1f} MB in {_counted(len(segments), 'segment')}{since}"


def _lines(store: JournalStore) -> Iterator[str]:
    for run in store.runs():
        documents = sum(one.runs[run.uid].documents for one in store.holdings if run.uid in one.runs)
        status = "under way" if run.stop is None else str(run.stop.get("exit_status", "ended"))
        finished = [note.data for note in store.holdings.notes(run.uid) if note.kind == "finished"]
        results = [f"{note['graph']} {note['result'][:8]} ({note['verdict'][0]})" for note in finished]
        made = "; ".join(results) or "no result finished"
        began = _clock(float(run.start.get("time", 0.0)))
        yield f"  {run.uid}  {began}  {documents} documents, {status}: {made}"


def _verify(store: JournalStore) -> int:
    from headrace.engine.documents.journal_segment import SegmentReader

    damaged = sound = 0
    for segment in store.holdings:
        with SegmentReader(segment.path) as reader:
            sound += sum(reader.read(entry) is not None for entry in reader.entries())
            damaged += reader.corrupt
            torn = segment.path.stat().st_size - reader.sound
        if torn > 0:
            click.echo(f"{segment.path.name}: {torn} bytes at the end are torn, or being written now", err=True)
    click.echo(f"{sound} records are sound, {_counted(damaged, 'place')} damaged")
    return damaged


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _clock(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"
