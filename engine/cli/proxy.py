"""``headrace proxy``: forward documents from those who publish to those who listen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.documents.wire_address import ZmqAddress
    from headrace.engine.documents.wire_proxy import ForwardingProxy, ProxyCounts

__all__ = ["proxy"]

_EPILOG = """\
\b
PLACE is one of
  PORT            on this machine only (127.0.0.1)
  HOST:PORT       an address of this machine; 0.0.0.0 for all of them
  /PATH           a socket file

\b
Examples:
  headrace proxy
  headrace proxy --in 10.0.0.5:5577 --out 10.0.0.5:5578 --curve keys/proxy
  headrace proxy --new-keys keys
"""
_LOOPBACK = ("127.", "::1", "localhost")
_EVERY = 60.0  # seconds between two lines on what went through


@click.command(epilog=_EPILOG)
@click.option("--in", "inlet", metavar="PLACE", default="5577", show_default=True, help="Where publishers come to.")
@click.option("--out", "outlet", metavar="PLACE", default="5578", show_default=True, help="Where listeners come to.")
@click.option("--curve", metavar="DIR", default="", help="Take only connections with keys that are in DIR/clients.")
@click.option("--new-keys", metavar="DIR", help="Make keys in DIR/proxy and DIR/client, and end.")
@click.option(
    "--hwm", metavar="N", type=click.IntRange(min=1), default=256, show_default=True, help="Messages that may wait."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
def proxy(inlet: str, outlet: str, curve: str, new_keys: str | None, hwm: int, quiet: bool) -> None:
    """Forward documents from those who publish to those who listen, until Ctrl-C.

    A proxy of 0MQ, for bluesky's Publisher and RemoteDispatcher as well as for headrace. What a listener loses because
    it is too slow is counted and said.
    """
    if new_keys is not None:
        _make_keys(new_keys)
        return
    from headrace.engine.cli.interrupts import interrupts
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.documents.wire_proxy import ForwardingProxy

    publishers, listeners = _place("--in", inlet), _place("--out", outlet)
    with log_lines(_say, quiet=quiet), ForwardingProxy(publishers, listeners, curve=curve, hwm=hwm) as running:
        with interrupts(lambda _: running.stop()), _reports(running, quiet):
            if not quiet:
                _tell_where(running, publishers, listeners, curve)
            running.run()
        if not quiet:
            _say(f"ended; {_total(running.counts)}")


def _make_keys(folder: str) -> None:
    from headrace.engine.documents.wire_keys import new_keys

    own, client = new_keys(folder)
    click.echo(
        f"{own}: for the proxy; start it with --curve {own}\n"
        f"{client}: for those who connect; they write zmq://HOST:PORT/PREFIX?curve={client}"
    )


def _place(option: str, text: str) -> ZmqAddress:
    """Read where to bind."""
    from headrace.engine.documents.wire_address import ZmqAddress, parse_address

    host, _, port = text.rpartition(":")
    if port.isascii() and port.isdecimal() and int(port) == 0:  # any that is free
        return ZmqAddress(host.strip("[]") or "127.0.0.1", 0)
    try:
        return parse_address("zmq://" + (f"127.0.0.1:{text}" if text.isdecimal() else text))
    except UsageError as error:
        problem = f"{option} {text!r}: expected PORT, HOST:PORT or the /PATH of a socket file"
        raise UsageError(problem) from error


def _tell_where(running: ForwardingProxy, publishers: ZmqAddress, listeners: ZmqAddress, curve: str) -> None:
    inlet, outlet = (endpoint.replace("tcp://", "zmq://").replace("ipc://", "zmq://") for endpoint in running.endpoints)
    keys = f"; with the keys in {curve}" if curve else ""
    _say(f"publishers come to {inlet}, listeners to {outlet}{keys} (Ctrl-C to end)")
    reached = [place for place in (publishers, listeners) if place.host and not place.host.startswith(_LOOPBACK)]
    if reached and not curve:
        _say("other machines reach this proxy, and it takes anything from anyone; --curve DIR lets in only known keys")


@contextmanager
def _reports(running: ForwardingProxy, quiet: bool) -> Iterator[None]:
    """Say now and then what went through, while it runs; if quiet, only what was lost."""
    import threading

    ended = threading.Event()

    def report() -> None:
        before = running.counts
        while not ended.wait(_EVERY):
            now = running.counts
            if now.overruns > before.overruns or (now.messages > before.messages and not quiet):
                _say(_line(before, now, _EVERY))
            before = now

    reporter = threading.Thread(target=report, name="reports of the proxy", daemon=True)
    reporter.start()
    try:
        yield
    finally:
        ended.set()
        reporter.join()


def _line(before: ProxyCounts, now: ProxyCounts, seconds: float) -> str:
    messages, size = now.messages - before.messages, now.bytes - before.bytes
    text = f"{messages} messages in {seconds:.0f} s, {size / seconds / 1e6:.1f} MB/s"
    return text + _lost(now.overruns - before.overruns)


def _total(counts: ProxyCounts) -> str:
    return f"{counts.messages} messages, {counts.bytes / 1e6:.1f} MB" + _lost(counts.overruns)


def _lost(times: int) -> str:
    return f"; {times} time{'s' * (times != 1)} a listener was too slow and lost messages" if times else ""


def _say(text: str) -> None:
    click.echo(text, err=True)
