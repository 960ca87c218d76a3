"""A simulated grid scan over a crystal rod: a dark run and a light run, as a RunEngine would give them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from headrace.engine.model.errors import UsageError

__all__ = ["simulate_crystal_rod"]

Document = tuple[str, dict[str, Any]]

_DETECTOR = "dexela"
_IMAGE, _TOTAL = "dexela_image", "dexela_stats_total"
_MOTORS = ("sample_y", "sample_x")
_EXTENTS = ([-0.6, 0.6], [0.0, 1.8])
_SNAKING = (False, True)
_EXPOSURE = 0.1


def simulate_crystal_rod(
    shape: tuple[int, int] = (9, 13),
    *,
    frames: int = 3,
    size: int = 256,
    seed: int = 2026,
    dark_frames: int = 10,
    began: float = 1_772_697_600.0,
    fresh: bool = False,
) -> Iterator[Document]:
    """Scan a rod of several crystal grains over a grid, and give the documents one by one.

    Two runs come. First the dark run (``dark_frame: True``, one event of `dark_frames` frames), then the grid scan,
    which names it under ``sc_dk_field_uid``. The fast axis snakes. At each point the images of the grain under the
    beam stand in-line in the event, as a uint16 array of shape (frames, size, size). A grain's peaks drift by some
    pixels over the scan, as those of a bent crystal do; beside the rod there are none.

    The documents are those of bluesky's ``grid_scan`` and validate against event-model's schemas.

    Parameters
    ----------
    shape
        Points along ``sample_y`` (slow) and ``sample_x`` (fast).
    frames
        Frames per point.
    size
        Pixels along each side of the detector.
    seed
        Decides on the rod, the hot pixels and the noise.
    dark_frames
        Frames of the dark run.
    began
        When the dark run starts, in seconds since 1970.
    fresh
        Whether every call gives new uids, as a beamline would. Otherwise they are derived from the other
        parameters, so that the same call gives the same documents.

    Yields
    ------
    name, doc
        Name of the document (``start``, ``descriptor``, ``event``, ``stop``), and the document.

    Raises
    ------
    UsageError
        If there would be no point, no frame, or too small a detector.

    Examples
    --------
    >>> names = [name for name, doc in simulate_crystal_rod((2, 3), size=64)]
    >>> names.count("start"), names.count("event")
    (2, 7)
    """
    if min(*shape, frames, dark_frames) < 1 or size < 32:
        problem = (
            f"expected at least 1 point and frame and 32 pixels, got shape={shape}, {frames=}, {size=}, {dark_frames=}"
        )
        raise UsageError(problem)
    return _documents(tuple(shape), frames, size, seed, dark_frames, began, fresh)


def _documents(
    shape: tuple[int, ...], frames: int, size: int, seed: int, dark_frames: int, began: float, fresh: bool
) -> Iterator[Document]:
    from headrace.engine.documents.simulated.composing import Recorder
    from headrace.engine.documents.simulated.detector import Detector
    from headrace.engine.documents.simulated.rod import CrystalRod

    origin = None if fresh else repr((shape, frames, size, seed, dark_frames, began))
    recorder = Recorder(began, origin)
    detector, rod = Detector(size, seed), CrystalRod.grown(seed)

    dark, start = recorder.open(_dark_start())
    yield start
    yield recorder.describe(_image_keys(dark_frames, size), _objects(()), _configuration(dark_frames))
    images = detector.expose_dark(dark_frames)
    yield recorder.record(_readings(images, ()), busy=dark_frames * _EXPOSURE)
    yield recorder.close()

    _, start = recorder.open(_light_start(shape, dark))
    yield start
    keys = {**_motor_keys(), **_image_keys(frames, size)}
    yield recorder.describe(keys, _objects(_MOTORS), _configuration(frames))
    for number, point in enumerate(_path(shape), 1):
        images = detector.expose(rod.spots_at(*_fractions(point, shape)), frames, number)
        yield recorder.record(_readings(images, _positions(point, shape)), busy=0.3 + frames * _EXPOSURE)
    yield recorder.close()


def _path(shape: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give (row, column) of each point in the order in which the stage visits them."""
    for row in range(shape[0]):
        columns = range(shape[1])
        for column in reversed(columns) if row % 2 else columns:
            yield row, column


def _fractions(point: Sequence[int], shape: Sequence[int]) -> tuple[float, float]:
    along = [index / (count - 1) if count > 1 else 0.5 for index, count in zip(point, shape, strict=True)]
    return along[0], along[1]


def _positions(point: Sequence[int], shape: Sequence[int]) -> list[float]:
    """Give the motor positions of a point, in mm."""
    places = zip(_fractions(point, shape), _EXTENTS, strict=True)
    return [round(low + part * (high - low), 6) for part, (low, high) in places]


def _dark_start() -> dict[str, Any]:
    return {
        "scan_id": 1,
        "plan_name": "count",
        "plan_type": "generator",
        "detectors": [_DETECTOR],
        "motors": [],
        "num_points": 1,
        "num_intervals": 0,
        "hints": {"dimensions": [[["time"], "primary"]]},
        "sample_name": "crystal rod",
        "dark_frame": True,
    }


def _light_start(shape: Sequence[int], dark: str) -> dict[str, Any]:
    points = math.prod(shape)
    return {
        "scan_id": 2,
        "plan_name": "grid_scan",
        "plan_type": "generator",
        "plan_pattern": "outer_product",
        "plan_pattern_module": "bluesky.plan_patterns",
        "detectors": [_DETECTOR],
        "motors": list(_MOTORS),
        "num_points": points,
        "num_intervals": points - 1,
        "shape": list(shape),
        "extents": [list(extent) for extent in _EXTENTS],
        "snaking": list(_SNAKING),
        "hints": {"gridding": "rectilinear", "dimensions": [[[motor], "primary"] for motor in _MOTORS]},
        "sample_name": "crystal rod",
        "sc_dk_field_uid": dark,
    }


def _image_keys(frames: int, size: int) -> dict[str, Any]:
    image = {"shape": [frames, size, size], "dtype": "array", "dtype_numpy": "<u2", "units": "counts"}
    total = {"shape": [], "dtype": "integer", "dtype_numpy": "<i8", "units": "counts"}
    common = {"source": f"SIM:{_DETECTOR}", "object_name": _DETECTOR}
    return {_IMAGE: {**common, **image}, _TOTAL: {**common, **total}}


def _motor_keys() -> dict[str, Any]:
    number = {"shape": [], "dtype": "number", "dtype_numpy": "<f8", "units": "mm", "precision": 4}
    names = [(motor, name) for motor in _MOTORS for name in (motor, f"{motor}_setpoint")]
    return {name: {"source": f"SIM:{name}", "object_name": motor, **number} for motor, name in names}


def _objects(motors: Sequence[str]) -> dict[str, list[str]]:
    return {**{motor: [motor, f"{motor}_setpoint"] for motor in motors}, _DETECTOR: [_IMAGE, _TOTAL]}


def _configuration(frames: int) -> dict[str, Any]:
    return {"dexela_acquire_time": (_EXPOSURE, "number", "s"), "dexela_num_images": (frames, "integer", "")}


def _readings(images: Any, positions: Sequence[float]) -> dict[str, Any]:
    moved: dict[str, Any] = {}
    for motor, position in zip(_MOTORS, positions, strict=False):
        moved |= {motor: position, f"{motor}_setpoint": position}
    return {**moved, _IMAGE: images, _TOTAL: int(images.sum())}
