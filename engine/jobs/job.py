"""A graph at work on runs: from stored documents, from documents that pass by, or live from 0MQ."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from headrace.engine.documents.assembler import Record
from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.recent_runs import is_dark
from headrace.engine.documents.result_writer import ResultWriter
from headrace.engine.jobs.caching import CacheChoice, keeping_in, open_cache
from headrace.engine.jobs.changes import Changes
from headrace.engine.jobs.destinations import Destination, Destinations
from headrace.engine.jobs.file_waits import FileWaits
from headrace.engine.jobs.finding import finder_in, first_of
from headrace.engine.jobs.graphs import sound_graph
from headrace.engine.jobs.intake import Intake
from headrace.engine.jobs.letter_box import MOST_BYTES, LetterBox
from headrace.engine.jobs.progress import Finished, Progress, Silent, announced
from headrace.engine.jobs.routing import chosen_runs
from headrace.engine.jobs.sources import Readable
from headrace.engine.jobs.waiting_room import WaitingRoom, lacking
from headrace.engine.model.graph import Graph
from headrace.engine.model.one_line import one_line
from headrace.engine.model.records import Event, EventKey, Reference, RunContext
from headrace.engine.model.when import matches
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.pipeline import Pipeline
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.revision import Revision
from headrace.engine.runtime.streams import StreamLibrary

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal
    from headrace.engine.jobs.marks import Marks
    from headrace.engine.jobs.revision_notes import RevisionNotes

__all__ = ["Job"]

_log = logging.getLogger(__name__)

_WHOLE = 500
"""Runs that ended of which all is remembered; of those before, what became of them."""


class Job:
    """A checked and compiled graph with its destinations, ready for runs.

    Parameters
    ----------
    graph
        A graph, a graph file, or the name of a ready graph.
    to
        Where result runs go; see `Destination`.
    set
        ``{"node.parameter": value}``: parameters to use instead of the graph's.
    trust
        Whether to run the Python files that the graph names.
    runtime
        The stream library: ``"streamz"``, ``"rapidz"`` or a ``Stream`` class.
    lookup
        A store in which other runs (darks) are looked up, besides where the runs come from.
    progress
        Is told how it goes.
    assets
        Where data files are and how long they are waited for.
    cache
        Where values are kept for replays: a folder, True for the usual one, None for nowhere.
    letters
        A folder for the inputs of failed events, where no destination is a folder beside whose runs they are put.
    letter_bytes
        Bytes of these inputs that are kept of one result run.

    Raises
    ------
    GraphError
        If the graph has faults, or does with these parameters.
    UsageError
        If an address or a key of ``set`` makes no sense.
    NotReachableError
        If a file or a destination is not there.

    Attributes
    ----------
    graph, pipeline
        The graph as it runs, and its pipeline.
    letters
        The dead letters, with their inputs as far as they were kept.
    changes
        What was changed while it ran, and changing it.
    on_revision
        Called with the run, the revision and its first event when a run is under another revision.
    assets
        Where data files are. After `stop` nothing of them is waited for.
    file_waits
        Which data file is waited for; told to the progress now and then.
    room
        Where runs wait, live, for the other runs that they refer to; ``room.waiting`` says which, and for what.
    """

    def __init__(
        self,
        graph: Graph | str | Path,
        *,
        to: Iterable[Destination] = (),
        set: Mapping[str, Any] | None = None,  # noqa: A002 - it is the word of the command line too
        trust: bool = False,
        runtime: StreamLibrary | type = "streamz",
        lookup: str | Path | None = None,
        progress: Progress | None = None,
        assets: AssetSettings | None = None,
        cache: CacheChoice = None,
        letters: str | Path | None = None,
        letter_bytes: int = MOST_BYTES,
    ) -> None:
        self.graph, registry = sound_graph(graph, set or {}, trust=trust)
        self._progress = progress or Silent()
        self._ending = False
        self.file_waits = FileWaits(self._progress.waiting)
        self.assets = replace(assets or AssetSettings(), cut_short=lambda: self._ending, on_wait=self.file_waits)
        self._lookup = finder_in(lookup, self.assets)
        self._stores = [str(Path(lookup).absolute())] if lookup is not None else []
        """Folders in which the run, and what it refers to, may be found later."""
        self.on_revision: list[Callable[[RunContext, Revision, EventKey | None], None]] = []
        self._finished: list[Finished] = []
        self._stopping: Callable[[], None] | None = None
        self._destinations = Destinations(to)
        self._failures: dict[str, int] = {}
        self._told: frozenset[tuple[str, str]] = frozenset()
        self.letters = LetterBox.beside(self._destinations.stores().values(), letters, letter_bytes)
        self._marks: Marks | None = None
        self._revision_notes: RevisionNotes | None = None
        self.files_of = ""
        """The graph's name where folders of files are named after it too, since several graphs are at work."""
        self.room = WaitingRoom(self._lacking, say=self._progress.waiting)
        writer = self._writer()
        self.pipeline = Pipeline(compile_graph(self.graph, registry), writer, runtime, registry)
        self.pipeline.keeping = keeping_in(open_cache(cache))
        self.changes = Changes(self.pipeline, registry, writer, self._writer)

    def _writer(self) -> ResultWriter:
        return ResultWriter(self._destinations.fan_out, self._on_letter, self._on_end, self._on_revision)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the job in a notebook, by its graph."""
        from headrace.engine.model.display import mime_bundle

        return mime_bundle("job", self)

    def run_stored(self, source: Readable) -> list[Finished]:
        """Run the graph on stored runs, oldest first.

        Runs that others refer to (darks, backgrounds) are looked up by the runs that need them, and are not analysed
        themselves unless they are all there is. Of several runs, those that the graph's ``when`` doesn't fit are passed
        by, which is told to the log; a run that is named is analysed in any case.

        Parameters
        ----------
        source
            A folder store, a run in it, a document file; a run or result that was opened; documents.

        Returns
        -------
        What became of each run.

        Raises
        ------
        NotReachableError
            If there is nothing there.
        UsageError
            If the address fits several runs.
        DocumentError
            If the documents can't be understood; the result run has ended, with what was read before.
        """
        first = len(self._finished)
        for run in chosen_runs(source, self.graph, self.assets):
            self._run_records(run.start, run.records())
        return self._finished[first:]

    def _run_records(self, start: Mapping[str, Any], records: Iterator[Record]) -> None:
        uid = str(start["uid"])
        try:
            for record in records:
                self.feed(record)
                if self.pipeline.stopped(uid):
                    break
        finally:
            self.pipeline.end(uid)

    def run_live(self, address: str, runs: int | None = None, **options: Any) -> list[Finished]:
        """Run the graph on documents as they are published, until stopped; see `Service` for several graphs.

        Parameters
        ----------
        address
            ``zmq://host:port/prefix``, the out-port of a bluesky proxy.
        runs
            End after so many analysed runs; None to go on until `stop`.
        **options
            What else `Service` takes: what is done when documents come too fast, when a silent run is ended, from
            where runs are repaired.

        Returns
        -------
        What became of each run.

        Raises
        ------
        UsageError
            If the address makes no sense.
        NotReachableError
            If the host can't be found, or no proxy is there.
        """
        from headrace.engine.jobs.service import Service

        service = Service([self], address, **options)
        self._stopping = service.stop
        try:
            return service.run(runs, lambda: self._progress.waiting(f"waiting for runs on {address}"))
        finally:
            self._stopping = None

    def run_documents(
        self,
        documents: Iterable[tuple[str, Mapping[str, Any]]],
        pass_by: Callable[[Mapping[str, Any]], bool] = is_dark,
    ) -> None:
        """Run the graph on documents as they come, several runs under way at once if need be.

        A document that can't be understood is told to the log and passed over. Runs that are still open when the
        documents end are ended as ``abort``.

        Parameters
        ----------
        documents
            ``(name, document)``.
        pass_by
            Asked with each start document; the run is not analysed if true. Dark runs are remembered for the runs
            that refer to them all the same.
        """
        intake = Intake([self], pass_by)
        for name, doc in documents:
            intake.take(name, doc)
        intake.finish()

    def wants(self, start: Mapping[str, Any]) -> bool:
        """Tell whether the graph is meant for a run, by what its start document says."""
        if not matches(self.pipeline.plan.graph.when, start):
            return False
        if self._marks is None or not self._marks.done(str(start["uid"])):
            return True
        _log.info("run %s comes again; graph %r has its result already", start["uid"], self.graph.name)
        return False

    def keep_marks(self, journal: Journal) -> Marks:
        """Keep in a journal what is made of which runs, and look other runs up in it."""
        from headrace.engine.jobs.history import history_of
        from headrace.engine.jobs.marks import Marks
        from headrace.engine.jobs.revision_notes import RevisionNotes

        self.changes.history = partial(history_of, journal=journal, pipeline=self.pipeline, assets=self.assets)
        self._lookup = first_of(self._lookup, journal.find_run)
        self._stores.append(str(Path(journal.folder).absolute()))
        self._marks = Marks(journal, self.graph.name, self.graph.digest(), self._destinations)
        self._revision_notes = RevisionNotes(journal, self.changes, self.graph.name, self.graph.digest())
        self.on_revision.append(self._revision_notes.revised)
        return self._marks

    def result_of(self, run: str) -> str:
        """Give the unique id of the newest result of a run that is known here; empty if there is none."""
        mine = next((one.uid for one in reversed(self._finished) if one.summary.run.uid == run), "")
        return mine or (self._marks.result_of(run) if self._marks is not None else "")

    def take_up(self, runs: Iterable[str]) -> None:
        """Make the changes again that runs had which go on now, as the journal has them."""
        if self._revision_notes is not None:
            self._revision_notes.take_up(runs)

    def feed(self, record: Record) -> None:
        """Take one record of a run."""
        if isinstance(record, RunContext):
            self._progress.run_started(record, announced(record.start))
            record = self._placed(self._informed(record))
        self.pipeline.feed(record)
        if isinstance(record, RunContext) and self._revision_notes is not None:
            self._revision_notes.began(record)
        if isinstance(record, Event):
            run = record.key.run
            self._progress.event(run, self.pipeline.done(run), self._failures.get(run, 0))

    def _placed(self, context: RunContext) -> RunContext:
        """Say where the files of nodes go, and what the result is called if that is settled."""
        folder = partial(self._destinations.folder_for, context.uid, self.files_of)
        return replace(context, folder=folder()) if self._marks is None else self._marks.named(context, folder)

    def _informed(self, context: RunContext) -> RunContext:
        stores = {"stores": list(self._stores)} if self._stores else {}
        about = {**context.about, **stores}
        return replace(context, find_run=first_of(context.find_run, self._lookup), about=about)

    def _lacking(self, context: RunContext) -> Iterable[tuple[str, Reference]]:
        return lacking(self.pipeline, self._informed(context))

    def refers(self) -> bool:
        """Tell whether a node of the graph reads other runs than the one that it works on."""
        return any(kind.refers_to is not None for kind in self.pipeline.plan.types.values())

    def end(self, run: str) -> None:
        """End a run, if it is still open, as one whose stop document never came."""
        self.pipeline.end(run)

    def _on_letter(self, letter: DeadLetter) -> None:
        self._failures[letter.run] = self._failures.get(letter.run, 0) + 1
        self.letters.take(letter, letter.given.result if letter.given is not None else "")
        told, self._told = self._told, self._told | {(letter.run, letter.node)}
        _log.log(
            logging.WARNING if told != self._told else logging.INFO,  # the first of a node in a run
            "node %r failed on %s: %s",
            letter.node,
            letter.event or f"the {letter.phase} of run {letter.run}",
            one_line(letter.error),
            extra={"run": letter.run, "graph": letter.graph, "node": letter.node, "event": letter.event},
        )
        self._progress.dead_letter(letter)

    def _on_end(self, summary: RunSummary, uid: str) -> None:
        self._failures.pop(summary.run.uid, None)
        self._told = frozenset(place for place in self._told if place[0] != summary.run.uid)
        self.letters.forget(uid)
        problems = list(self._destinations.fan_out.problems_of(uid).values())
        finished = Finished(summary, uid, self._destinations.places(uid), problems)
        if not summary.superseded:
            self._finished.append(finished)
            if len(self._finished) > _WHOLE:
                self._finished[-_WHOLE - 1] = self._finished[-_WHOLE - 1].in_short()
        if self._marks is not None:
            self._marks.ended(finished)
        self._progress.run_ended(finished)

    def _on_revision(self, run: RunContext, revision: Revision, first: EventKey | None) -> None:
        self.changes.follow(run.uid, revision, first)
        for tell in self.on_revision:
            tell(run, revision, first)

    def set(self, change: Mapping[str, Any] | Graph, **options: Any) -> Revision:
        """Change parameters, nodes or edges between two events; see `Changes.set`."""
        return self.changes.set(change, **options)

    @property
    def finished(self) -> list[Finished]:
        """What became of each run so far."""
        return list(self._finished)

    def stop(self) -> None:
        """End a live job: what has come in is worked off, open runs are ended. Safe in a signal handler."""
        self.stop_waiting()
        if self._stopping is not None:
            self._stopping()

    def stop_waiting(self) -> None:
        """Wait no longer for files that are not there yet. Safe in a signal handler."""
        self._ending = True

    def close(self) -> None:
        """End open runs and close the destinations."""
        self.changes.close(at_once=self._ending)
        self.pipeline.close()
        self._destinations.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, Exception):  # whoever ends the program wants it to end now
            self._ending = True
            if not self.pipeline.abandon(f"it was broken off: {error or type(error).__name__}"):
                _log.error("the results of open runs can't be ended: a node is at work still")
                return
        self.close()
