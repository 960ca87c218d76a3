"""Peaks: finding them in an image, and linking them from image to image."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from headrace.engine.model.constraints import Meta, Odd, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node, node_class
from headrace.engine.model.ports import Frame, Table
from headrace.engine.model.records import Event
from headrace.nodes.support.compiling import compiling
from headrace.nodes.support.images import searchable
from headrace.nodes.support.peak_table import peak_columns, peak_table
from headrace.nodes.support.quiet import quiet
from headrace.nodes.support.tracking import LinkSettings, Tracker

__all__ = ["link", "locate"]

OddPixels: TypeAlias = Annotated[int, Meta(ge=3), Odd, Unit("px")]
Pixels: TypeAlias = Annotated[float, Meta(ge=0), Unit("px")]
Range: TypeAlias = Annotated[float, Meta(gt=0), Unit("px")]


@node
def locate(
    frame: Frame,
    *,
    diameter: OddPixels | tuple[OddPixels, OddPixels],
    minmass: float | None = None,
    maxsize: Annotated[float, Meta(gt=0), Unit("px")] | None = None,
    separation: Pixels | tuple[Pixels, Pixels] | None = None,
    noise_size: Pixels | tuple[Pixels, Pixels] = 1,
    smoothing_size: OddPixels | tuple[OddPixels, OddPixels] | None = None,
    threshold: float | None = None,
    invert: bool = False,
    percentile: Annotated[float, Meta(ge=0, le=100)] = 64,
    topn: Annotated[int, Meta(ge=1)] | None = None,
    preprocess: bool = True,
    max_iterations: Annotated[int, Meta(ge=1)] = 10,
    characterize: bool = True,
    engine: Literal["auto", "python", "numba"] = "auto",
    nan: Literal["error", "zero"] = "error",
    event: Event | None = None,
) -> Table:
    """Find bright, roughly round peaks in an image and measure them.

    The algorithm of Crocker and Grier [1]_ as in ``trackpy.locate``, with all its parameters and defaults, and
    the same numbers bit for bit. Of its arguments only ``filter_before`` (which trackpy refuses) and
    ``filter_after`` (deprecated and without effect) are left out.

    The table always has the same columns and dtypes, also without a peak: ``y, x, mass, size, ecc, signal,
    raw_mass, ep`` (float64) and ``frame`` (int64). A `diameter` that differs along y and x gives ``size_y,
    size_x`` instead of ``size``; if it or `noise_size` differs, there is ``ep_y, ep_x`` instead of ``ep``.
    Without `characterize` there is only ``y, x, mass, frame``. Positions and sizes are in pixels from the centre
    of pixel (0, 0), masses in the image's counts. ``frame`` is the event's ``seq_num`` (0 without an event).
    Rows are in trackpy's order, numbered from 0; with `topn`, the brightest comes last.

    Parameters
    ----------
    frame
        Image, shape (ny, nx); leading axes of length 1 are dropped.
    diameter
        Size of a peak, odd, for both axes or as [y, x]. When in doubt, round up.
    minmass
        Only peaks with more mass than this. Mass is that of the filtered image, below that of the raw one.
    maxsize
        Only peaks with a smaller radius of gyration. Not for a `diameter` that differs along y and x, nor
        without `characterize`.
    separation
        Of two peaks nearer than this, the fainter one is lost. Default: diameter + 1.
    noise_size
        Width of the Gaussian that smooths noise.
    smoothing_size
        Side of the square whose mean is taken as background, odd. Default: diameter.
    threshold
        What lies below this after subtracting the background is set to 0. Default: 1 for integer images, 1/255
        for float images, in counts.
    invert
        Search for dark peaks. An integer image is inverted in the range of its dtype; a float image as 1 - image,
        which makes sense only for images scaled to 0..1.
    percentile
        A peak's highest pixel must be above this percentile of the filtered image's pixels that are not 0.
    topn
        Only the so many with most mass.
    preprocess
        Whether to filter the image first.
    max_iterations
        How often at most a position is refined.
    characterize
        Whether to measure size, eccentricity, signal, raw mass and position error.
    engine
        ``numba`` (if installed) or ``python``; ``auto`` takes numba if it is there. They agree to rounding.
    nan
        What to do with pixels that are NaN or infinite: ``error`` (refuse the image), ``zero`` (set them to 0).
    event
        The event that the image belongs to.

    Returns
    -------
    Table
        A row per peak.

    Raises
    ------
    UsageError
        If the frame is no image, holds NaN, or integers beyond 32 bits; or `maxsize` is given where there is no
        size.
    ValueError
        From trackpy, if the parameters don't go together (`noise_size` must be below `smoothing_size`).

    Notes
    -----
    What trackpy does that is easily overlooked:

    * A **float image (any average) is searched in an 8-bit copy scaled to its own maximum**, and masses and
      positions come from that copy too. So one hot pixel can hide faint peaks, and masses of faint peaks are
      coarse. An integer image keeps the range of its dtype.
    * `percentile` counts only pixels that are not 0 in that copy. Beside one strong peak nearly all noise is 0,
      the percentile then falls inside the peaks, and fainter ones vanish: ``percentile: 0`` with `minmass` or
      `topn` is the robust choice.
    * No peak is found nearer to the edge than max(diameter // 2, separation // 2 - 1, smoothing_size // 2).
    * ``threshold`` is absolute: a float image scaled to 0..1 loses what lies below 1/255.

    What is mended here: 64-bit integers, which lose their brightest peak, are brought to 32 bits (the values
    are the same) or refused; NaN, which hides all peaks, is refused or set to 0; truth values (searched as 0.0
    and 1.0) and 16-bit floats, which fail, are widened; an empty table has all columns; with anisotropic sizes,
    ``ep_y`` and ``ep_x`` stand in the row of their peak.

    In a graph file::

        peaks: {type: locate, in: clean, diameter: 15, separation: 100, percentile: 0, topn: 50}

    .. [1] J. C. Crocker and D. G. Grier, J. Colloid Interface Sci. 179 (1996) 298, doi:10.1006/jcis.1996.0217

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import locate
    >>> y, x = np.mgrid[:64, :64]
    >>> frame = 1000 * np.exp(-((y - 20.3) ** 2 + (x - 40.6) ** 2) / 8)
    >>> locate(frame, diameter=11)[["y", "x"]].round(1).values.tolist()
    [[20.3, 40.6]]
    >>> locate(np.zeros((64, 64)), diameter=11).columns.tolist()
    ['y', 'x', 'mass', 'size', 'ecc', 'signal', 'raw_mass', 'ep', 'frame']
    """
    from trackpy import locate as search

    per_axis_size = not _same(diameter)
    if maxsize is not None and (per_axis_size or not characterize):
        problem = "locate: 'maxsize' needs one size per peak: the same diameter along y and x, and 'characterize'"
        raise UsageError(problem)
    image = searchable(frame, nan)
    with quiet(), compiling(("locate", image.dtype.str, per_axis_size, characterize, engine)) as is_compiled:
        found = search(
            image,
            diameter,
            minmass=minmass,
            maxsize=maxsize,
            separation=separation,
            noise_size=noise_size,
            smoothing_size=smoothing_size,
            threshold=threshold,
            invert=invert,
            percentile=percentile,
            topn=topn,
            preprocess=preprocess,
            max_iterations=max_iterations,
            characterize=characterize,
            engine=engine,
        )
        if len(found):  # only peaks are refined, and only refining is compiled
            is_compiled()
    columns = peak_columns(
        per_axis_size=per_axis_size,
        per_axis_error=per_axis_size or not _same(noise_size),
        characterize=characterize,
    )
    return peak_table(found, columns, event.key.seq_num if event else 0)


def _same(sizes: Any) -> bool:
    """Tell whether a size is one number, or the same along all axes."""
    return not isinstance(sizes, list | tuple) or len(set(sizes)) == 1


class Link:
    """Link the peaks of one image to those of the next, so that each track is one particle (or grain).

    The algorithm of Crocker and Grier as in ``trackpy.link``, image by image: after each event, every row has the
    integer ``particle`` that ``trackpy.link`` would give it on all tables so far. Nothing is known of later
    images, nothing earlier changes. So live and batch agree, at any time.

    Where trackpy itself leaves numbers to chance (several new particles that compete within `search_range`: it
    numbers them by their place in memory), they are numbered in a fixed order here. The tracks are the same.
    However many linkers run, in whatever threads, they don't disturb each other, nor trackpy's own.

    Particles are numbered from 0 in each run. An event without a peak gives an empty table with all columns.
    Events that never come (lost, filtered or failed before) count as images without a peak, as they do for
    trackpy. The number of an image is in the table's column `t_column`; if there is none, it is the event's
    ``seq_num``.

    Parameters
    ----------
    search_range
        How far a particle may move from one image to the next, in pixels; or one number for each of the
        positions [y, x].
    memory
        For how many images a particle may vanish and still be the same when it comes back. **In a raster scan a
        grain is met again a row later**: with 0, each row gives it a new track, so give at least one row.
    adaptive_stop
        If there are too many ways to link, reduce the range step by step, but not below this. null: give up.
    adaptive_step
        Factor of each such step.
    neighbor_strategy
        How neighbours are found: ``KDTree`` (default), ``BTree`` (needs scikit-learn).
    link_strategy
        How competing links are resolved; ``drop`` leaves them all unlinked. Default ``auto``: numba if it is
        installed.
    pos_columns
        Columns with the positions. Default: y, x; or z, y, x if there is a z.
    t_column
        Column with the number of the image.

    Raises
    ------
    UsageError
        If the table has rows of several images, comes out of order, lacks columns, or has NaN as a position.
    LinkError
        If particles are too dense for `search_range`. The event is then left out, as if it had not come, and
        later events are linked as usual.

    Notes
    -----
    trackpy's ``predictor``, ``dist_func`` and ``to_eucl`` are left out: they are functions, which a graph file
    can't hold.

    Each point costs some microseconds; thousands of peaks per image with an adaptive search can take very long.
    Limit them by ``topn`` or ``minmass`` of `locate`.

    A change of parameters while running starts the tracks anew.

    In a graph file::

        tracks: {type: link, in: peaks, search_range: 5, memory: 30}

    Examples
    --------
    >>> import pandas as pd
    >>> from headrace.nodes import link
    >>> tracks = link(search_range=5)
    >>> tracks.update(pd.DataFrame({"y": [10.0, 50.0], "x": [10.0, 50.0], "frame": 1})).particle.tolist()
    [0, 1]
    >>> tracks.update(pd.DataFrame({"y": [51.0, 90.0, 11.0], "x": [51.0, 90.0, 9.0], "frame": 2})).particle.tolist()
    [1, 2, 0]
    """

    def __init__(
        self,
        *,
        search_range: Range | list[Range],
        memory: Annotated[int, Meta(ge=0)] = 0,
        adaptive_stop: Range | None = None,
        adaptive_step: Annotated[float, Meta(gt=0, lt=1)] = 0.95,
        neighbor_strategy: Literal["KDTree", "BTree"] | None = None,
        link_strategy: Literal["auto", "recursive", "nonrecursive", "hybrid", "numba", "drop"] | None = None,
        pos_columns: list[str] | None = None,
        t_column: str = "frame",
    ) -> None:
        settings = LinkSettings(
            search_range=search_range,
            memory=memory,
            adaptive_stop=adaptive_stop,
            adaptive_step=adaptive_step,
            neighbor_strategy=neighbor_strategy,
            link_strategy=link_strategy,
        )
        self._tracker = Tracker(settings, pos_columns, t_column)

    def change(self, **settings: Any) -> None:
        """Link the images to come otherwise; particles go on, and the next image is linked to the last one."""
        self._tracker.change(settings)

    def update(self, peaks: Table, *, event: Event | None = None) -> Table:
        """Link one more table.

        Parameters
        ----------
        peaks
            The peaks of one image.
        event
            The event they belong to.

        Returns
        -------
        Table
            The same rows in the same order, with the column ``particle`` (int64).
        """
        return self._tracker.link(peaks, event.key.seq_num if event else None)


link = node_class(
    Link,
    on_change={
        "search_range": "keep",
        "memory": "keep",
        "adaptive_stop": "keep",
        "adaptive_step": "keep",
        "neighbor_strategy": "keep",
        "link_strategy": "keep",
    },
)
