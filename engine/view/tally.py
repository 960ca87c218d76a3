"""What a node did, in words: the same in every picture."""

from __future__ import annotations

from headrace.engine.view.rendered import RenderedRun, Tally

__all__ = ["did", "duration", "run_line", "took"]


def did(tally: Tally) -> str:
    """Say what came and what went on; what failed is said elsewhere.

    Examples
    --------
    >>> did(Tally(given=117, out=112, filtered=5)), did(Tally(given=3, out=3)), did(Tally())
    ('117 in → 112 out, 5 filtered', '3 in → 3 out', 'nothing came')
    """
    if not tally.given:
        return "nothing came"
    return f"{tally.given} in → {tally.out} out" + (f", {tally.filtered} filtered" if tally.filtered else "")


def took(tally: Tally) -> str:
    """Say how long it took.

    Examples
    --------
    >>> took(Tally(seconds=1.234, share=0.5, slowest=True)), took(Tally(seconds=0.0004, share=0.001, p95=2e-5))
    ('1.2 s, 50 % (slowest)', '400 µs, 0.1 %, p95 20 µs')
    """
    percent = 100 * tally.share
    share = f"{percent:.0f} %" if percent >= 10 or not percent else f"{percent:.1f} %" if percent > 0.05 else "<0.1 %"
    p95 = f", p95 {duration(tally.p95)}" if tally.p95 is not None else ""
    return f"{duration(tally.seconds)}, {share}{p95}" + (" (slowest)" if tally.slowest else "")


def duration(seconds: float) -> str:
    """Say a time with two digits or so.

    Examples
    --------
    >>> [duration(value) for value in (0, 3e-5, 0.012, 0.45, 3.14159, 75.2, 4000)]
    ['0 s', '30 µs', '12 ms', '450 ms', '3.1 s', '75 s', '1.1 h']
    """
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * scale:
            value = seconds / scale
            return f"{value:.0f} {unit}" if value >= 9.95 or value == round(value) else f"{value:.1f} {unit}"
    return "0 s" if seconds < 5e-8 else f"{seconds / 1e-6:.1f} µs"


def run_line(run: RenderedRun | None) -> str:
    """Say which run is laid on a graph, and how it ended; nothing without one.

    Examples
    --------
    >>> run_line(RenderedRun("7d1f02ab-44", verdict="success", seconds=2.5, facts=(("events", "117 primary"),)))
    'run 7d1f02ab: success; events: 117 primary; 2.5 s in all nodes'
    """
    if run is None:
        return ""
    facts = "".join(f"; {name}: {value}" for name, value in run.facts)
    reason = f" ({run.reason})" if run.reason else ""
    return f"run {run.uid[:8]}: {run.verdict}{reason}{facts}; {duration(run.seconds)} in all nodes"
