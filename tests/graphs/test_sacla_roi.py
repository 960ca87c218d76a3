"""The ready graph for regions over the delay, against numpy on whole arrays, and against what was simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from headrace.engine.documents.simulated.pump_probe import change_at


class Shots(NamedTuple):
    delay: Any
    laser: Any
    i0: Any
    region: Any


@pytest.fixture(scope="module")
def one(analysed: Callable[[str], Any]) -> Any:
    return analysed("sacla_roi")


@pytest.fixture(scope="module")
def shots(one: Any) -> Shots:
    """Delay, laser, pulse energy and region of the shots that count."""
    events = one.events()
    dark = np.mean([event["mpccd"] for event in one.events(0)], axis=0)
    energies = (np.array([event["mpccd"] for event in events]) - dark) * 17.756 * 3.65
    region = np.where(energies < 1000, 0, energies)[:, 14:31, 28:48].sum(axis=(1, 2))
    delay = np.array([event["delay_stage"] for event in events]) * 2e6 / 299_792_458 - 80
    laser, i0, beam = (np.array([event[name] for event in events]) for name in ("laser_on", "i0", "beam_on"))
    good = (beam > 0) & (i0 > 20)
    return Shots(delay[good], laser[good], i0[good], region[good])


def test_curves_are_sums_over_sums_by_delay(one: Any, shots: Shots) -> None:
    edges, curves = np.linspace(-2, 3, 41), []
    for laser, name in ((1, "pumped"), (0, "unpumped")):
        some = Shots(*(column[shots.laser == laser] for column in shots))
        counts, sums, light = (np.histogram(some.delay, edges, weights=w)[0] for w in (None, some.region, some.i0))
        curves.append(sums / light)
        assert np.allclose(one.result[name][0], curves[-1])
        assert np.array_equal(one.result[f"shots_{name}"][0], counts)
    assert np.allclose(one.result["change"][0], curves[0] / curves[1] - 1)
    assert np.allclose(one.result["delay_ps"][0], (edges[1:] + edges[:-1]) / 2)


def test_a_shot_without_light_is_absent_and_not_zero(one: Any, shots: Shots) -> None:
    assert len(one.result["roi"]) == len(shots.i0) < 1200
    assert np.allclose(one.result["roi"]["roi"], shots.region)
    assert one.result["roi"]["roi"].min() > 0
    assert one.result["mean"]["mean"].tolist() == pytest.approx([shots.region.sum() / shots.i0.sum()])
    expected = np.corrcoef(shots.i0, shots.region)[0, 1]
    assert one.result["correlation"]["correlation"].tolist() == pytest.approx([expected])
    assert expected > 0.9


def test_the_bragg_peak_falls_at_time_zero_and_recovers(one: Any) -> None:
    delay, change = one.result["delay_ps"][0], one.result["change"][0]
    assert np.sqrt(np.mean((change - change_at(delay)) ** 2)) < 0.03
    assert change[delay < -0.3].mean() == pytest.approx(0, abs=0.015)
    assert delay[change.argmin()] == pytest.approx(0.2, abs=0.3)


def test_pictures_were_drawn_while_the_run_lasted(one: Any) -> None:
    assert one.result.stop["exit_status"] == "success"
    counts = one.result.stop["headrace"]["nodes"]
    assert counts["watch_delay"]["out"] == counts["watch_image"]["out"] == 8  # every 5 s of 40 s
    drawn = {path.name for path in (one.folder / "results" / "files").rglob("*.png")}
    assert drawn == {"delay.png", "shot.png"}
