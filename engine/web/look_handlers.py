"""What the page asks for: the graph, the values of a port, images of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from headrace.engine.web.handler import Handler, refused
from headrace.engine.web.kinds import as_mapping, clean, kind_of
from headrace.engine.web.looks import Looks, looks_of
from headrace.engine.web.pixels import contrast, cut, frame_of, shrunk
from headrace.engine.web.png import MAPS, indices, png
from headrace.engine.web.rings import CALIBRANTS, calibrant_rings, ring, two_theta
from headrace.engine.web.sight import Sight
from headrace.engine.web.summaries import sampled
from headrace.engine.web.whole_values import series, whole

__all__ = [
    "ROUTES",
    "GraphHandler",
    "PixelHandler",
    "PixelsHandler",
    "RingsHandler",
    "SeriesHandler",
    "ThumbHandler",
    "ValueHandler",
]

_LETTERS = 200
_SIDE = 2048  # the most pixels along an axis that are sent


class _Look(Handler):
    """Asks about one graph; its number is the first part of the path."""

    def looks(self) -> Looks:
        return looks_of(self.site)

    def sight(self, number: str) -> Sight:
        """Give what is looked at."""
        sights = self.looks().sights
        if int(number) >= len(sights):
            problem = f"there is no graph {number}"
            raise refused(404, problem)
        return sights[int(number)]

    def number(self, name: str, default: int) -> int:
        """Read a whole number of the query."""
        text = self.get_query_argument(name, str(default))
        try:
            found = int(text)
        except ValueError:
            found = -(1 << 40)
        if abs(found) >= 1 << 40:
            problem = f"{name!r} must be a whole number"
            raise refused(400, problem)
        return found

    def value(self, sight: Sight, port: str) -> Any:
        """Give the value of a port at the event that was asked for, or the newest.

        Raises
        ------
        HTTPError
            If there is none.
        """
        at = self.number("at", 0)
        found = None
        if at > 0:
            moment = sight.find(at)
            found = moment.get(port) if moment is not None else None
        elif at == 0:
            having = next((moment for moment in reversed(sight.moments()) if moment.has(port)), None)
            found = having.get(port) if having is not None else None
        if found is None:
            found = sight.lasting(port) if at <= 0 else None
        if found is None:
            problem = f"no value of {port[:100]!r} is kept there"
            raise refused(404, problem)
        return found

    def image(self, sight: Sight, port: str) -> npt.NDArray[Any]:
        """Give one image of a port."""
        value = self.value(sight, port)
        if kind_of(value) != "image":
            problem = f"{port[:100]!r} is no image"
            raise refused(404, problem)
        found = frame_of(value, self.number("index", 0))
        return np.abs(found) if found.dtype.kind == "c" else found


class GraphHandler(_Look):
    """The graph, with its nodes' documentation and parameters."""

    async def get(self, number: str) -> None:
        """Answer with it."""
        sight = self.sight(number)
        self.answer(await self.aside(self.looks().facts_of(sight)))


class OpenHandler(_Look):
    """Opens a result that one of the graphs has stored, to be looked at."""

    async def get(self, uid: str) -> None:
        """Answer with its number."""
        finished = [one for job in self.site.monitor.jobs for one in job.finished if one.uid == uid]
        place = next((place for one in finished for place in one.places if Path(place).exists()), None)
        if place is None:
            problem = "this service has stored no such result in a folder"
            raise refused(404, problem)
        self.answer({"number": await self.aside(self.looks().open, uid, place)})


class ValueHandler(_Look):
    """A value as a whole, as JSON."""

    async def get(self, number: str, port: str) -> None:
        """Answer with it."""
        sight = self.sight(number)
        value = self.value(sight, port)
        beside = self._beside(sight, port)
        first = self.number("first", 0)
        self.answer(await self.aside(lambda: whole(value, first=first, beside=beside)))

    def _beside(self, sight: Sight, port: str) -> dict[str, Any]:
        node = port.partition(".")[0]
        kind = sight.types.get(node)
        moment = sight.find(self.number("at", 0))
        found = {}
        for output in kind.outputs if kind else ():
            name = f"{node}.{output.name}"
            value = moment.get(name) if moment is not None else None
            found[output.name] = sight.lasting(name) if value is None else value
        return found


class SeriesHandler(_Look):
    """What a port had over the events that are kept."""

    async def get(self, number: str, port: str) -> None:
        """Answer with it."""
        sight = self.sight(number)
        self.answer(await self.aside(lambda: clean_lists(series(sight.moments(), port))))


def clean_lists(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Give lists as JSON can have them."""
    return {name: [clean(one) for one in values] for name, values in found.items()}


class ThumbHandler(_Look):
    """A small picture of an image, as PNG."""

    async def get(self, number: str, port: str) -> None:
        """Answer with it."""
        image = self.image(self.sight(number), port)
        colours = self.get_query_argument("map", "viridis")
        side = min(max(self.number("side", 176), 16), 1024)
        if colours not in MAPS:
            problem = f"there is no colour map {colours[:40]!r}; there are {', '.join(MAPS)}"
            raise refused(400, problem)
        log = self.get_query_argument("log", "") == "1"
        content = await self.aside(_thumb, image, side, colours, log)
        self.set_header("Content-Type", "image/png")
        self.finish(content)


def _thumb(image: npt.NDArray[Any], side: int, colours: str, log: bool) -> bytes:
    rough = sampled(image, 2 * side)
    small, _ = shrunk(rough, side)
    spread = contrast(rough)
    return png(indices(small, spread.low, spread.high, log=log), colours)


class PixelsHandler(_Look):
    """Part of an image, as numbers: float32, uint16 or uint8, little-endian, row by row; ``X-Image`` describes them."""

    async def get(self, number: str, port: str) -> None:
        """Answer with it."""
        image = self.image(self.sight(number), port)
        side = min(max(self.number("side", 1024), 16), _SIDE)
        parts = [self.number(name, 0) for name in ("y0", "y1", "x0", "x1")]
        box = (parts[0], parts[1], parts[2], parts[3]) if parts[1] > parts[0] and parts[3] > parts[2] else None
        about, content = await self.aside(_pixels, image, box, side)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Image", json.dumps(about))
        self.finish(content)


def _pixels(image: npt.NDArray[Any], box: tuple[int, int, int, int] | None, side: int) -> tuple[dict[str, Any], bytes]:
    part = cut(image, box, side)
    kind: Literal["u1", "<u2", "<f4"] = "<f4"
    if image.dtype.kind == "b" or (image.dtype.kind == "u" and image.dtype.itemsize == 1):
        kind = "u1"
    elif image.dtype.kind == "u" and image.dtype.itemsize == 2:
        kind = "<u2"
    ny, nx = part.pixels.shape
    spread = contrast(part.pixels)
    about = {
        "dtype": kind,
        "ny": ny,
        "nx": nx,
        "y": part.y,
        "x": part.x,
        "step": part.step,
        "of": list(image.shape),
        "is": str(image.dtype),
        **spread._asdict(),
    }
    return about, np.ascontiguousarray(part.pixels, dtype=kind).tobytes()


class PixelHandler(_Look):
    """The value of one pixel, as it is."""

    def get(self, number: str, port: str) -> None:
        """Answer with it."""
        image = self.image(self.sight(number), port)
        y, x = self.number("y", 0), self.number("x", 0)
        inside = 0 <= y < image.shape[0] and 0 <= x < image.shape[1]
        self.answer({"y": y, "x": x, "value": clean(image[y, x]) if inside else None})


class RingsHandler(_Look):
    """Where a geometry's rings are on an image: those of a calibrant (``of``), or of a value (``value``, ``unit``)."""

    async def get(self, number: str, port: str) -> None:
        """Answer with a list of labels and places ``[y, x]``."""
        geometry = self.value(self.sight(number), port)
        if kind_of(geometry) != "mapping":
            problem = f"{port[:100]!r} is no geometry"
            raise refused(404, problem)
        calibrant, unit = self.get_query_argument("of", ""), self.get_query_argument("unit", "")
        if calibrant and calibrant not in CALIBRANTS:
            problem = f"there is no calibrant {calibrant[:40]!r}; there are {', '.join(CALIBRANTS)}"
            raise refused(400, problem)
        try:
            value = float(self.get_query_argument("value", "nan"))
        except ValueError as error:
            problem = "'value' must be a number"
            raise refused(400, problem) from error
        try:
            self.answer(await self.aside(lambda: _rings(as_mapping(geometry), calibrant, value, unit)))
        except (TypeError, ValueError, KeyError) as error:  # names and values, but not those of a geometry
            problem = f"{port[:100]!r} is no geometry"
            raise refused(404, problem) from error


def _rings(geometry: Mapping[str, Any], calibrant: str, value: float, unit: str) -> list[dict[str, Any]]:
    wanted = calibrant_rings(calibrant, geometry) if calibrant else [("", two_theta(value, unit, geometry))]
    found = [{"label": label, "places": ring(geometry, angle)} for label, angle in wanted]
    return [one for one in found if one["places"]]


class LettersHandler(_Look):
    """The failures of one graph, without their inputs."""

    async def get(self, number: str) -> None:
        """Answer with a list of letters."""
        sight = self.sight(number)
        letters = await self.aside(sight.letters)
        self.answer([letter.to_dict() for letter in letters[-_LETTERS:]])


_PORT = r"([A-Za-z_][\w-]{0,199}\.[A-Za-z_]\w{0,199})"
ROUTES = [
    (r"/api/look/of/([\w-]{1,64})", OpenHandler),
    (r"/api/look/(\d{1,4})/graph", GraphHandler),
    (r"/api/look/(\d{1,4})/letters", LettersHandler),
    (rf"/api/look/(\d{{1,4}})/{_PORT}/value", ValueHandler),
    (rf"/api/look/(\d{{1,4}})/{_PORT}/series", SeriesHandler),
    (rf"/api/look/(\d{{1,4}})/{_PORT}/thumb", ThumbHandler),
    (rf"/api/look/(\d{{1,4}})/{_PORT}/pixels", PixelsHandler),
    (rf"/api/look/(\d{{1,4}})/{_PORT}/pixel", PixelHandler),
    (rf"/api/look/(\d{{1,4}})/{_PORT}/rings", RingsHandler),
]
