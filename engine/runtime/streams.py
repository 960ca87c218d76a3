"""The stream library a pipeline is built on: streamz, or rapidz where that is installed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from headrace.engine.model.errors import UsageError

__all__ = ["StreamLibrary", "segment_class", "stream_base", "takes_metadata"]

StreamLibrary: TypeAlias = Literal["streamz", "rapidz"]


def stream_base(runtime: StreamLibrary | type) -> Any:
    """Give the ``Stream`` class to build on.

    Parameters
    ----------
    runtime
        ``"streamz"``, ``"rapidz"``, or a ``Stream`` class itself.

    Raises
    ------
    UsageError
        If the library is unknown or not installed.
    """
    if isinstance(runtime, type):
        return runtime
    if runtime == "streamz":
        from streamz import Stream

        return Stream
    if runtime == "rapidz":
        return _rapidz()
    problem = f"unknown stream library {runtime!r}; expected 'streamz' or 'rapidz'"
    raise UsageError(problem)


def _rapidz() -> Any:
    try:
        from rapidz import Stream
    except ImportError as error:
        problem = (
            "runtime 'rapidz' needs the package rapidz, which is not on PyPI: install it with conda "
            "(conda install -c conda-forge rapidz) or from its repository, or use runtime 'streamz'"
        )
        raise UsageError(problem) from error
    return Stream


def takes_metadata(base: Any) -> bool:
    """Tell whether ``emit`` of a stream class takes metadata: streamz's does, rapidz's does not."""
    return "metadata" in inspect.signature(base.emit).parameters


def segment_class(base: Any) -> Any:
    """Make the stream class whose nodes are the segments of a pipeline.

    ``update`` does the segment's work on the message and passes the same message on, with whatever metadata came
    with it; what the downstream nodes return (futures, in an asynchronous stream) goes back to the sender, which
    is how streamz holds a sender back.
    """

    class SegmentNode(base):  # type: ignore[misc]
        """A segment as a node of a stream."""

        work: Callable[[Any], None]
        following: Any = None  # the next segment; held here because streams hold their downstreams weakly

        def update(self, x: Any, who: Any = None, **extra: Any) -> Any:
            self.work(x)
            return self._emit(x, **extra)

        def _emit(self, x: Any, **extra: Any) -> Any:
            # A stream walks a set of weak references at each hop and keeps the value it saw. Between two segments
            # neither is needed; where a user has attached something, the library does its own.
            attached = len(self.downstreams.data)
            if attached == 1 and self.following is not None:
                return self.following.update(x, who=self, **extra)
            return super()._emit(x, **extra) if attached else []

    return SegmentNode
