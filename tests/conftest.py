"""What tests of several areas share: the simulated grid scan whose results are known, and a browser."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

GOLDEN = Path(__file__).parent / "golden" / "crystal_grid"
SEED = 20210319
SIDE = 256
FRAMES = 3

Image = npt.NDArray[np.float64]


class Reflection(NamedTuple):
    """A Bragg peak: where it is on the detector, and for which elliptic region of the grid it shines."""

    y: float
    x: float
    sigma: float
    counts: float
    row: float
    column: float
    half_rows: float
    half_columns: float

    def brightness(self, row: int, column: int) -> float:
        distance = ((row - self.row) / self.half_rows) ** 2 + ((column - self.column) / self.half_columns) ** 2
        return self.counts * (1 - 0.7 * distance) if distance <= 1 else 0.0

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """Peaks drift over the grid, as under strain."""
        return self.y + 0.10 * (row - self.row), self.x + 0.12 * (column - self.column)


REFLECTIONS = (
    Reflection(40.3, 60.7, 2.2, 3000, 2.0, 2.0, 1.6, 2.6),
    Reflection(52.8, 180.2, 2.6, 1500, 2.0, 3.0, 2.2, 2.2),
    Reflection(95.1, 33.4, 2.4, 900, 3.0, 9.0, 1.2, 3.2),
    Reflection(120.6, 128.9, 3.0, 4000, 3.5, 5.5, 2.0, 2.0),
    Reflection(120.2, 142.6, 2.2, 1200, 3.5, 7.0, 1.1, 2.1),
    Reflection(170.4, 210.3, 2.5, 2000, 5.0, 2.0, 1.1, 2.1),
    Reflection(200.7, 80.5, 2.1, 700, 5.5, 8.0, 1.6, 1.6),
    Reflection(201.9, 83.1, 2.1, 800, 1.0, 8.0, 1.1, 1.1),
    Reflection(228.2, 160.4, 2.8, 2500, 6.0, 10.0, 1.1, 1.1),
    Reflection(74.5, 225.8, 2.3, 500, 4.0, 5.0, 3.1, 0.6),
    Reflection(4.0, 128.0, 2.3, 3000, 3.0, 5.0, 2.1, 3.1),
)


@dataclass(frozen=True)
class CrystalGrid:
    """A simulated grid scan on a crystal rod, and what must come out of it.

    ``images`` is uint16 (events, frames, y, x) in the order of acquisition; ``background`` (frames, y, x) is an
    exposure at an empty point, to be subtracted; ``dark_frames`` is an exposure without beam.
    """

    images: npt.NDArray[np.uint16]
    background: npt.NDArray[np.uint16]
    dark_frames: npt.NDArray[np.uint16]
    shape: tuple[int, int] = (8, 12)
    snaking: tuple[bool, bool] = (False, True)
    extents: tuple[tuple[float, float], tuple[float, float]] = ((-0.7, 0.7), (0.0, 2.2))
    info: dict[str, Any] = field(default_factory=lambda: json.loads((GOLDEN / "expected.json").read_text()))

    @property
    def tolerances(self) -> dict[str, float]:
        return dict(self.info["tolerances"])

    def expected(self, name: str) -> npt.NDArray[Any]:
        with np.load(GOLDEN / "expected.npz") as arrays:
            return np.asarray(arrays[name])

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(GOLDEN / f"{name}.csv")

    @staticmethod
    def digest(array: npt.NDArray[Any]) -> str:
        return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _path(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Rows and columns of the events: the fast axis runs back and forth."""
    for row in range(shape[0]):
        columns = range(shape[1])
        yield from ((row, column) for column in (reversed(columns) if row % 2 else columns))


def _without_sample() -> tuple[Image, Image, Image, Image]:
    """Pixel coordinates, the dark with three hot pixels, and the scattering of air."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    dark = 100 + 6 * np.sin(x / 17.0) + 4 * np.cos(y / 23.0)
    for hot_y, hot_x, counts in ((60, 200, 900), (150, 40, 700), (222, 30, 1500)):
        dark[hot_y, hot_x] += counts
    air = 45 * np.exp(-((y - 128) ** 2 + (x - 128) ** 2) / (2 * 70.0**2))
    return y, x, dark, air


def _with_sample(y: Image, x: Image, empty: Image, row: int, column: int) -> Image:
    expected = empty
    for peak in REFLECTIONS:
        brightness = peak.brightness(row, column)
        if brightness:
            centre_y, centre_x = peak.centre(row, column)
            distance = (y - centre_y) ** 2 + (x - centre_x) ** 2
            expected = expected + brightness * np.exp(-distance / (2 * peak.sigma**2))
    return expected


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the cache of computed values out of the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADRACE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def crystal_grid() -> CrystalGrid:
    """The grid scan: 8 x 12 points, 3 frames of 256 x 256 each."""
    random = np.random.RandomState(SEED)  # its stream is promised never to change
    y, x, dark, air = _without_sample()
    frames = (FRAMES, SIDE, SIDE)
    dark_frames = random.poisson(dark, frames).astype("uint16")
    background = random.poisson(dark + air, frames).astype("uint16")
    points = list(_path(CrystalGrid.shape))
    images = np.empty((len(points), *frames), "uint16")
    for number, (row, column) in enumerate(points):
        images[number] = random.poisson(_with_sample(y, x, dark + air, row, column), frames)
    return CrystalGrid(images, background, dark_frames)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser without a window. One for each module: while it runs, asyncio can't be used otherwise."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.fail("no Chromium is installed, and pages are only tested in a real one: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def chromium_page(chromium: Browser) -> Iterator[Page]:
    """An empty page; a script of it that fails makes the test fail."""
    problems: list[str] = []
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()

    def refuse(dialog: Dialog) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", refuse)
    yield page
    context.close()
    assert problems == []
