"""A simulated powder diffraction experiment: dark run, empty capillary, and a sample that is heated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.documents.simulated.composing import Recorder
    from headrace.engine.documents.simulated.powder import PowderCamera

__all__ = ["simulate_powder_ramp"]

Document = tuple[str, dict[str, Any]]

_IMAGE, _TOTAL, _OVEN = "pe1_image", "pe1_stats1_total", "temperature"
_EXPOSURE = 5.0


def simulate_powder_ramp(
    points: int = 12,
    *,
    frames: int = 2,
    size: int = 512,
    seed: int = 2026,
    low: float = 300.0,
    high: float = 1000.0,
    dark_stream: bool = False,
    began: float = 1_772_697_600.0,
    fresh: bool = False,
) -> Iterator[Document]:
    """Heat nickel powder in the beam, and give the documents one by one.

    Three runs come: the dark run (``dark_frame: True``), the empty capillary, and the sample. The latter two name
    the dark under ``sc_dk_field_uid``; the sample names the empty capillary under ``background_uid``, and holds the
    geometry of the detector under ``calibration_md`` with pyFAI's names. With the temperature, the rings move
    inwards and fade. The images, uint16 of shape (frames, size, size), stand in-line in the events.

    Parameters
    ----------
    points
        Temperatures, evenly spaced.
    frames
        Frames per event.
    size
        Pixels along each side of the detector.
    seed
        Decides on dead and hot pixels, and on the noise.
    low, high
        First and last temperature, in kelvin.
    dark_stream
        Whether the sample's run also takes a dark of its own, in a stream ``dark``, half-way through the ramp.
    began
        When the dark run starts, in seconds since 1970.
    fresh
        Whether every call gives new uids. Otherwise the same call gives the same documents.

    Yields
    ------
    name, doc
        Name of the document, and the document.

    Raises
    ------
    UsageError
        If there would be no event, no frame, or too small a detector.

    Examples
    --------
    >>> names = [name for name, doc in simulate_powder_ramp(3, size=64)]
    >>> names.count("start"), names.count("event")
    (3, 5)
    """
    if min(points, frames) < 1 or size < 64:
        problem = f"expected at least 1 point and frame and 64 pixels, got {points=}, {frames=}, {size=}"
        raise UsageError(problem)
    from headrace.engine.documents.simulated.composing import Recorder
    from headrace.engine.documents.simulated.powder import PowderCamera

    origin = None if fresh else repr(("powder", points, frames, size, seed, low, high, dark_stream, began))
    temperatures = [float(value) for value in np.linspace(low, high, points)]
    return _documents(PowderCamera(size, seed), Recorder(began, origin), temperatures, frames, dark_stream)


def _documents(
    camera: PowderCamera, recorder: Recorder, temperatures: list[float], frames: int, dark_stream: bool
) -> Iterator[Document]:
    dark, start = recorder.open({**_start(1, "count", 1), "dark_frame": True, "sample_name": "dark"})
    yield start
    yield from _single(recorder, camera, 4, camera.dark(0), 1)

    named = {"sc_dk_field_uid": dark, "calibration_md": camera.geometry}
    background = camera.background()
    empty, start = recorder.open({**_start(2, "count", 1), **named, "sample_name": "kapton"})
    yield start
    yield from _single(recorder, camera, 4, camera.dark(0) + background, 2)

    about = {**named, "background_uid": empty, "bkgd_sample_name": "kapton", "sample_name": "Ni powder"}
    _, start = recorder.open({**_start(3, "list_scan", len(temperatures)), **about})
    yield start
    yield from _ramp(recorder, camera, temperatures, frames, background, dark_stream)
    yield recorder.close()


def _single(recorder: Recorder, camera: PowderCamera, frames: int, expected: Any, number: int) -> Iterator[Document]:
    """Give the rest of a run of one event."""
    yield recorder.describe(_keys(frames, camera.size), {"pe1": [_IMAGE, _TOTAL]}, _configuration(frames))
    yield recorder.record(_readings(camera.expose(expected, frames, number)), busy=frames * _EXPOSURE)
    yield recorder.close()


def _ramp(
    recorder: Recorder,
    camera: PowderCamera,
    temperatures: list[float],
    frames: int,
    background: Any,
    dark_stream: bool,
) -> Iterator[Document]:
    objects = {_OVEN: [_OVEN], "pe1": [_IMAGE, _TOTAL]}
    keys = _keys(frames, camera.size)
    oven = {_OVEN: {**_number("EUROTHERM:T", "K"), "object_name": _OVEN}}
    yield recorder.describe({**oven, **keys}, objects, _configuration(frames))
    drift = 0.0
    for number, temperature in enumerate(temperatures, 10):
        if dark_stream and number == 10 + len(temperatures) // 2:
            drift = 30.0
            yield recorder.describe(keys, {"pe1": [_IMAGE, _TOTAL]}, _configuration(frames), stream="dark")
            closed = camera.expose(camera.dark(drift), frames, 3)
            yield recorder.record(_readings(closed), busy=frames * _EXPOSURE, stream="dark")
        expected = camera.dark(drift) + background + camera.sample(temperature)
        images = camera.expose(expected, frames, number)
        yield recorder.record({_OVEN: temperature, **_readings(images)}, busy=60 + frames * _EXPOSURE)


def _number(origin: str, unit: str) -> dict[str, Any]:
    from headrace.engine.documents.simulated.keys import number_key

    return number_key(origin, unit, 1)


def _keys(frames: int, size: int) -> dict[str, Any]:
    from headrace.engine.documents.simulated.keys import image_key, integer_key

    image = image_key("XF:28IDC-ES:1{Det:PE1}image", (frames, size, size), "counts")
    total = integer_key("XF:28IDC-ES:1{Det:PE1}total", "counts")
    return {_IMAGE: {**image, "object_name": "pe1"}, _TOTAL: {**total, "object_name": "pe1"}}


def _configuration(frames: int) -> dict[str, Any]:
    return {"pe1_cam_acquire_time": (_EXPOSURE, "number", "s"), "pe1_images_per_set": (frames, "integer", "")}


def _readings(images: Any) -> dict[str, Any]:
    return {_IMAGE: images, _TOTAL: int(images.sum())}


def _start(scan_id: int, plan: str, points: int) -> Mapping[str, Any]:
    motors = [_OVEN] if plan == "list_scan" else []
    return {
        "scan_id": scan_id,
        "plan_name": plan,
        "plan_type": "generator",
        "detectors": ["pe1"],
        "motors": motors,
        "num_points": points,
        "num_intervals": points - 1,
        "hints": {"dimensions": [[motors or ["time"], "primary"]]},
    }
