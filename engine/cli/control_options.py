"""The options of a running job that others may look at and stop: where it listens, how long it may take to end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from headrace.engine.model.errors import NotReachableError, UsageError

if TYPE_CHECKING:
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.service import Service
    from headrace.engine.web.server import ControlServer

__all__ = ["DRAIN", "Control", "control_options", "control_settings", "serving"]

F = TypeVar("F", bound=Callable[..., Any])

DRAIN = 30.0
"""Seconds that a live job may take to work off what has come, once it is told to end."""
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Control:
    """How a job can be looked at and stopped.

    Attributes
    ----------
    listens
        Whether it listens at all.
    host, port
        Where; port 0 is a free one.
    chosen
        Whether the user chose it, so that it is an error if it can't be had.
    drain
        Seconds to work off what has come, once it is told to end.
    page
        Whether the user wants to look at the page, and is told where it is.
    follows
        Whether live jobs follow the files of their graphs.
    """

    listens: bool = False
    host: str = _LOOPBACK
    port: int = 0
    chosen: bool = False
    drain: float = DRAIN
    page: bool = False
    follows: bool = True


def control_options(command: F) -> F:
    """Add ``--control``, ``--dashboard`` and ``--drain`` to a command."""
    options = (
        click.option(
            "--watch/--no-watch",
            default=True,
            help="Live: whether edits of the graph's file take effect.  [default: they do]",
        ),
        click.option(
            "--control",
            metavar="[HOST:]PORT|off",
            help="Where the job can be asked for its status and be changed over HTTP. "
            "Live: a free port of this machine; stored: off.",
        ),
        click.option(
            "--dashboard",
            metavar="[PORT]",
            type=click.IntRange(0, 65535),
            is_flag=False,
            flag_value=0,
            help="A page in the browser: the graph at work, its values, its parameters.",
        ),
        click.option(
            "--drain",
            metavar="SECONDS",
            type=click.FloatRange(min=0),
            default=DRAIN,
            show_default=True,
            help="Live: how long what has come is worked off after Ctrl-C or SIGTERM.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def control_settings(options: dict[str, Any], *, live: bool) -> Control:
    """Take the values of these options out of all options.

    Raises
    ------
    UsageError
        If the address makes no sense.
    """
    follows = options.pop("watch")
    return replace(_control(options, live=live), follows=follows)


def _control(options: dict[str, Any], *, live: bool) -> Control:
    given, drain, page = options.pop("control"), options.pop("drain"), options.pop("dashboard")
    if page is not None and given is not None:
        problem = "--dashboard and --control both say where to listen; the page is there with either: give one of them"
        raise UsageError(problem)
    if page is not None:
        return Control(True, port=page, chosen=bool(page), drain=drain, page=True)
    if given is None:
        return Control(live, drain=drain)
    if given == "off":
        return Control(drain=drain)
    found = re.fullmatch(r"(?:([\w.-]+|\[[0-9a-fA-F:.]+\]):)?(\d{1,5})", given)
    if found is None or int(found[2]) > 65535:
        problem = f"--control {given}: expected a port, HOST:PORT or off, such as 8080 or 0.0.0.0:8080"
        raise UsageError(problem)
    return Control(True, (found[1] or _LOOPBACK).strip("[]"), int(found[2]), True, drain)


@contextmanager
def serving(
    control: Control, jobs: Sequence[Job], source: str, say: Callable[[str], None], service: Service | None = None
) -> Iterator[ControlServer | None]:
    """Have jobs looked at and changed over HTTP as long as the block lasts, if that is wanted.

    Parameters
    ----------
    control
        Where.
    jobs, service
        What; the service for live ones.
    source
        Where their documents come from, in words.
    say
        Is told if it can't be had although nobody asked for it.

    Yields
    ------
    The server; None if there is none.

    Raises
    ------
    NotReachableError
        If the user chose a port that can't be had.
    """
    if not control.listens:
        yield None
        return
    from headrace.engine.jobs.monitor import Monitor
    from headrace.engine.web.registration import Registration, registered
    from headrace.engine.web.server import ControlServer

    server = ControlServer(Monitor(jobs, service), control.host, control.port)
    with ExitStack() as stack:
        try:
            stack.enter_context(server)
        except NotReachableError as error:
            if control.chosen:
                raise
            say(f"status and changes can't be had: {error}")
            yield None
            return
        graphs = [job.graph.name for job in jobs]
        stack.enter_context(registered(Registration.of(server.address, server.token, graphs, source)))
        if control.page:
            say(f"page: {server.address}/#token={server.token}")
        yield server
