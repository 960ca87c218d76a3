"""Diffraction nodes against pyFAI itself, planted bad pixels, and what happens without pyFAI."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from event_model import compose_run
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import headrace
from headrace import DocumentError, Graph, NotReachableError, UsageError
from headrace.engine.model.records import RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import auto_mask, geometry, integrate, integrate_2d, polarization, source
from headrace.nodes.support.rings import Rings, ring_outliers

pytest.importorskip("pyFAI")

SHAPE = (120, 140)
GEOMETRY = {
    "dist": 0.1,
    "poni1": 0.011,
    "poni2": 0.015,
    "rot1": 0.05,
    "rot2": -0.02,
    "rot3": 0.0,
    "pixel1": 2e-4,
    "pixel2": 2e-4,
    "wavelength": 1.8e-11,
}


def pyfai(**more: Any) -> Any:
    """Build an integrator as its own documentation does."""
    from pyFAI.integrator.azimuthal import AzimuthalIntegrator

    return AzimuthalIntegrator(**{**GEOMETRY, **more})


def powder(seed: int = 0) -> npt.NDArray[np.uint16]:
    """Give rings of a powder, with noise."""
    angle = pyfai().center_array(SHAPE, unit="2th_deg")
    rings = sum(np.exp(-0.5 * ((angle - at) / 0.3) ** 2) for at in (3.0, 6.0, 8.0))
    counts = np.random.default_rng(seed).poisson(200 + 1000 * rings)
    return np.asarray(counts, dtype=np.uint16)


def some_mask() -> npt.NDArray[np.bool_]:
    """Give a mask with a margin and a beam stop; read-only, as values of a graph are."""
    good = np.zeros(SHAPE, dtype=bool)
    good[10:-10, 10:-10] = True
    good[50:60, 60:] = False
    good.flags.writeable = False
    return good


make_geometry = geometry.node_type.target

METHODS = [("bbox", "csr", "cython"), ("no", "histogram", "cython"), ("full", "lut", "cython"), ("no", "csc", "python")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "more", [{}, {"polarization_factor": 0.9, "radial_range": (5, 20), "azimuth_range": (-90, 60)}]
)
def test_an_integration_is_pyfais_bit_for_bit(method: Any, masked: bool, more: dict[str, Any]) -> None:
    frame, good = powder(), some_mask() if masked else None
    direct = pyfai().integrate1d(
        frame, 200, unit="q_A^-1", method=method, mask=None if good is None else ~good, error_model="poisson", **more
    )
    found = integrate(frame, GEOMETRY, good, npt=200, method=method, error_model="poisson", **more)
    empty = direct.count == 0
    np.testing.assert_array_equal(found.x, direct.radial)
    np.testing.assert_array_equal(found.intensity[~empty], direct.intensity[~empty])
    np.testing.assert_array_equal(found.sigma[~empty], direct.sigma[~empty])
    assert np.isnan(found.intensity[empty]).all()
    assert {part.dtype for part in found} == {np.dtype(np.float64)}


@pytest.mark.parametrize("unit", ["2th_deg", "q_nm^-1", "r_mm", "d*2_A^-2"])
def test_units_and_solid_angle_are_pyfais(unit: Any) -> None:
    direct = pyfai().integrate1d(powder(), 100, unit=unit, correctSolidAngle=False)
    found = integrate(powder(), GEOMETRY, npt=100, unit=unit, solid_angle=False)
    np.testing.assert_array_equal(found.x, direct.radial)
    np.testing.assert_array_equal(found.intensity, direct.intensity)
    assert np.isnan(found.sigma).all()


def test_a_cake_is_pyfais_bit_for_bit() -> None:
    good = some_mask()
    direct = pyfai().integrate2d(powder(), 50, 90, unit="2th_deg", mask=~good)
    found = integrate_2d(powder(), GEOMETRY, good, npt=50, npt_azimuth=90, unit="2th_deg")
    np.testing.assert_array_equal(found.radial, direct.radial)
    np.testing.assert_array_equal(found.azimuth, direct.azimuthal)
    filled = direct.count > 0
    np.testing.assert_array_equal(found.intensity[filled], direct.intensity[filled])
    assert np.isnan(found.intensity[~filled]).all()
    assert found.intensity.shape == (90, 50)


def test_the_answer_does_not_depend_on_what_was_integrated_before() -> None:
    good, other = some_mask(), np.ones(SHAPE, dtype=bool)
    first = integrate(powder(), GEOMETRY, good, npt=80)
    integrate(powder(1), GEOMETRY, other, npt=80)
    integrate(powder(1), {**GEOMETRY, "dist": 0.2}, good, npt=80)
    integrate(powder(1), GEOMETRY, npt=80)
    for before, after in zip(first, integrate(powder(), GEOMETRY, good, npt=80), strict=True):
        np.testing.assert_array_equal(before, after)


def test_threads_share_integrators_without_harm() -> None:
    masks = [some_mask(), np.ones(SHAPE, dtype=bool)]
    wanted = [integrate(powder(), GEOMETRY, mask, npt=60).intensity for mask in masks]
    wrong: list[int] = []

    def work(which: int) -> None:
        for _ in range(10):
            found = integrate(powder(), GEOMETRY, masks[which], npt=60).intensity
            if not np.array_equal(found, wanted[which], equal_nan=True):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(number % 2,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nan_pixels_are_left_out_and_the_frame_is_left_alone() -> None:
    frame = np.full(SHAPE, 5.0)
    frame[20:30] = np.nan
    frame.flags.writeable = False
    found = integrate(frame, GEOMETRY, npt=50, solid_angle=False)
    assert np.nanmin(found.intensity) == np.nanmax(found.intensity) == 5


def test_by_default_there_are_as_many_bins_as_pixels_to_the_furthest_corner() -> None:
    flat = {**GEOMETRY, "rot1": 0, "rot2": 0, "poni1": 0.0, "poni2": 0.0}
    assert len(integrate(powder(), flat).x) == int(np.hypot(*SHAPE))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", ">u2", "float16", ">f8"])
def test_any_numeric_dtype_is_integrated(dtype: str) -> None:
    found = integrate(np.ones(SHAPE, dtype=dtype), GEOMETRY, npt=20, solid_angle=False)
    np.testing.assert_array_equal(found.intensity, 1)


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        ({"wavelength": None}, {}, "needs the wavelength"),
        ({"pixel1": None}, {}, "no pixel size"),
        ({"detector": "Pilatus1M", "pixel1": None, "pixel2": None}, {}, "cropped or binned after the calibration"),
        ({"detector": "Pilatus1MM"}, {}, "knows no detector 'Pilatus1MM'"),
        ({"dist": None}, {}, "has no 'dist'"),
        ({"poni1": "far"}, {}, "'far' as 'poni1'; expected a number"),
        ({}, {"mask": np.zeros(SHAPE, dtype=bool)}, "no good pixel"),
        ({}, {"mask": np.ones((3, 3), dtype=bool)}, "mask has shape"),
        ({}, {"radial_range": (3, 1)}, "low < high"),
        ({}, {"method": ("full", "lut", "python")}, "no method"),
    ],
)
def test_what_can_not_be_integrated_is_refused_with_words(change: Any, more: Any, words: str) -> None:
    with pytest.raises((UsageError, DocumentError), match=words):
        integrate(powder(), {**GEOMETRY, **change}, **{"npt": 10, **more})


def test_gaps_of_a_known_detector_are_left_out_also_beside_a_mask() -> None:
    place = {"dist": 0.1, "poni1": 0.016, "poni2": 0.04, "detector": "Pilatus100k"}
    known = {**place, "detector": "Pilatus300k", "wavelength": 1e-10}
    frame = np.ones((619, 487))
    frame[195:212] = -1
    good = np.ones(frame.shape, dtype=bool)
    for mask in (None, good):
        found = integrate(frame, known, mask, npt=40, solid_angle=False)
        assert np.nanmin(found.intensity) == 1


def test_polarisation_is_pyfais() -> None:
    frame = powder()
    found = polarization(frame, GEOMETRY, factor=0.95)
    np.testing.assert_array_equal(found, frame / pyfai().polarization(SHAPE, 0.95).astype(float))
    assert found.dtype == np.float64
    holed = frame.astype(float)
    holed[3, 4] = np.nan
    assert np.argwhere(np.isnan(polarization(holed, GEOMETRY))).tolist() == [[3, 4]]


def test_correcting_before_and_while_integrating_agree() -> None:
    before = integrate(polarization(powder(), GEOMETRY), GEOMETRY, npt=40, method=("no", "csr", "cython"))
    while_at_it = integrate(powder(), GEOMETRY, npt=40, polarization_factor=0.99, method=("no", "csr", "cython"))
    np.testing.assert_allclose(before.intensity, while_at_it.intensity, rtol=1e-2)


def test_planted_bad_pixels_are_found_and_hardly_any_other() -> None:
    frame = powder().astype(np.int32)
    hot, dead, negative = (40, 40), (70, 90), (90, 30)
    frame[hot], frame[dead], frame[negative] = 60000, 0, -5
    good = auto_mask(edge=5, lower=0).update(frame, GEOMETRY)
    assert not good[hot]
    assert not good[dead]
    assert not good[negative]
    assert not good[:5].any()
    assert not good[:, -5:].any()
    assert np.mean(good[5:-5, 5:-5]) > 0.985
    assert good.dtype == bool


def test_the_limits_are_applied_also_if_they_are_zero() -> None:
    frame = np.full(SHAPE, 7.0)
    frame[30, 30], frame[31, 31], frame[32, 32] = -1e-3, 0.0, 9.0
    for lower, upper, bad in ((None, None, []), (0.0, None, [[30, 30]]), (None, 7.5, [[32, 32]])):
        found = auto_mask(edge=0, lower=lower, upper=upper, alpha=None).update(frame, GEOMETRY)
        assert np.argwhere(~found).tolist() == bad
    below = auto_mask(edge=0, upper=0.0, alpha=None).update(frame, GEOMETRY)
    assert np.argwhere(below).tolist() == [[30, 30], [31, 31]]


def test_pixels_known_to_be_bad_judge_no_others() -> None:
    frame = powder().astype(float)
    frame[60:64, 20:120] = 1e6  # a streak, known, that would widen the spread of every ring
    frame[20, 70] = 5000
    known = np.ones(SHAPE, dtype=bool)
    known[60:64, 20:120] = False
    assert auto_mask(edge=0).update(frame, GEOMETRY)[20, 70]
    found = auto_mask(edge=0).update(frame, GEOMETRY, known)
    assert not found[20, 70]
    assert not found[60:64, 20:120].any()


def test_the_mask_of_the_first_image_is_kept_until_the_shape_changes() -> None:
    bad = powder().astype(float)
    bad[60, 60] = np.nan
    kept = auto_mask(edge=3, when="first")
    first = kept.update(bad, GEOMETRY)
    assert kept.update(powder(1), GEOMETRY) is first
    assert kept.update(powder(1)[:100], GEOMETRY).shape == (100, 140)
    anew = auto_mask(edge=3)
    assert not anew.update(bad, GEOMETRY)[60, 60]
    assert anew.update(powder(), GEOMETRY)[60, 60]
    with pytest.raises(UsageError, match="leaves nothing"):
        auto_mask(edge=60).update(bad, GEOMETRY)


@given(
    values=arrays.arrays(np.float64, (6, 6), elements=st.integers(-50, 50).map(float)),
    labels=arrays.arrays(np.int64, (6, 6), elements=st.integers(0, 3)),
    good=arrays.arrays(bool, (6, 6)),
    alpha=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_outliers_of_a_ring_are_those_of_a_loop(values: Any, labels: Any, good: Any, alpha: float) -> None:
    expected = np.zeros(values.shape, dtype=bool)
    for ring in range(4):
        chosen = (labels == ring) & good
        if chosen.sum() > 1:
            part = values[chosen]
            expected[chosen] = np.abs(part - np.median(part)) > alpha * part.std()
    np.testing.assert_array_equal(ring_outliers(values, Rings.of(labels), good, alpha), expected)


def context(**start: Any) -> RunContext:
    """Give a run with this start document."""
    return RunContext(start={"uid": "5c1f", **start}, find_run=lambda uid: None)


def test_old_and_new_metadata_of_pyfai_give_the_same_geometry() -> None:
    old = {**GEOMETRY, "detector": "Detector", "splineFile": None, "max_shape": None}
    new = pyfai().get_config()
    found = [make_geometry(run=context(calibration_md=md)) for md in (old, new, dict(GEOMETRY))]
    assert found[0] == found[1] == found[2]
    assert make_geometry(key="sample.place", run=context(sample={"place": old})) == found[0]
    assert make_geometry(values=GEOMETRY) == found[0]


def test_a_poni_file_is_read_whatever_its_version(tmp_path: Path) -> None:
    pyfai().save(str(tmp_path / "new.poni"))
    lines = [f"Distance: {GEOMETRY['dist']}", f"PixelSize1: {GEOMETRY['pixel1']}", f"PixelSize2: {GEOMETRY['pixel2']}"]
    names = {"poni1": "Poni1", "poni2": "Poni2", "rot1": "Rot1", "rot2": "Rot2", "rot3": "Rot3"}
    lines += [f"{name}: {GEOMETRY[key]}" for key, name in names.items()] + [f"Wavelength: {GEOMETRY['wavelength']}"]
    (tmp_path / "old.poni").write_text("# made by hand\n" + "\n".join(lines))
    wanted = integrate(powder(), GEOMETRY, npt=30).intensity
    for name in ("new.poni", "old.poni"):
        found = make_geometry(file=str(tmp_path / name))
        np.testing.assert_array_equal(integrate(powder(), found, npt=30).intensity, wanted)


def test_a_geometry_that_is_not_there_is_an_error_or_a_gap_as_declared(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no geometry under 'calibration_md'"):
        make_geometry(run=context())
    assert make_geometry(run=context(), missing="skip") is SKIP
    with pytest.raises(DocumentError, match=r"'calibration_md' in the start document has no 'poni2'; .*mean 'poni1'"):
        make_geometry(run=context(calibration_md={"dist": 1, "poni1": 1}), missing="skip")
    with pytest.raises(NotReachableError, match="no such poni file"):
        make_geometry(file=str(tmp_path / "none.poni"))
    (tmp_path / "bad.poni").write_text("no geometry: at all\n")
    with pytest.raises(DocumentError, match=r"bad\.poni"):
        make_geometry(file=str(tmp_path / "bad.poni"))
    with pytest.raises(UsageError, match="both say"):
        make_geometry(file="a.poni", values=GEOMETRY)


@pytest.mark.parametrize(
    "change",
    [
        {"splineFile": "/etc/hostname"},
        {"detector": "/etc/hostname"},
        {"detector": "NexusDetector", "detector_config": {"filename": "/etc/hostname"}},
    ],
)
def test_metadata_can_not_make_a_file_be_opened(change: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="names a file"):
        make_geometry(run=context(calibration_md={**GEOMETRY, **change}))
    with pytest.raises(DocumentError, match="names a file"):
        integrate(powder(), {**GEOMETRY, **change}, npt=10)


def test_a_poni_file_may_name_the_file_of_its_detector(tmp_path: Path) -> None:
    from pyFAI.detectors import Detector

    detector = Detector(pixel1=2e-4, pixel2=2e-4, max_shape=SHAPE)
    detector.save(str(tmp_path / "detector.h5"))
    place = {name: GEOMETRY[name] for name in ("dist", "poni1", "poni2", "rot1", "rot2", "rot3", "wavelength")}
    lines = {**place, "poni_version": 2, "Detector": "NexusDetector"}
    config = f'Detector_config: {{"filename": "{tmp_path / "detector.h5"}"}}'
    (tmp_path / "a.poni").write_text("\n".join([*(f"{name}: {value}" for name, value in lines.items()), config]))
    found = integrate(powder(), make_geometry(file=str(tmp_path / "a.poni")), npt=30)
    np.testing.assert_allclose(found.intensity, integrate(powder(), GEOMETRY, npt=30).intensity, rtol=1e-3)


def documents(frames: list[Any], **start: Any) -> list[Any]:
    """Compose a run of images."""
    run = compose_run(metadata=start)
    keys = {"image": {"dtype": "array", "shape": list(SHAPE), "source": "sim", "dtype_numpy": "<u2"}}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    events = [("event", stream.compose_event(data={"image": one}, timestamps={"image": 0.0})) for one in frames]
    return [("start", run.start_doc), ("descriptor", stream.descriptor_doc), *events, ("stop", run.compose_stop())]


def reduction() -> Graph:
    """Give the diffraction chain: geometry from metadata, polarisation, mask, integration."""
    where = geometry(missing="skip")
    corrected = polarization(source(field="image"), where)
    good = auto_mask(corrected, where, edge=5, when="first")
    return Graph("xpd").keep(pattern=integrate(corrected, where, good, npt=100).intensity)


def test_the_chain_runs_in_a_graph_with_the_geometry_of_the_run() -> None:
    frames = [powder(0), powder(1)]
    result = headrace.run(Graph.from_yaml(reduction().to_yaml()), documents(frames, calibration_md=GEOMETRY))
    masks = auto_mask(edge=5, when="first")
    for frame, pattern in zip(frames, result["pattern"], strict=True):
        corrected = polarization(frame, GEOMETRY)
        good = masks.update(corrected, GEOMETRY)
        np.testing.assert_array_equal(pattern, integrate(corrected, GEOMETRY, good, npt=100).intensity)


def test_a_run_without_geometry_is_left_out_if_so_declared() -> None:
    result = headrace.run(reduction(), documents([powder()]))
    assert len(result["pattern"]) == 0
    assert len(result.dead_letters) == 0


def test_a_graph_can_hold_the_geometry_itself() -> None:
    where = geometry(values=GEOMETRY)
    graph = Graph("g").keep(pattern=integrate(source(field="image"), where, npt=30).intensity)
    result = headrace.run(Graph.from_yaml(graph.to_yaml()), documents([powder()]))
    np.testing.assert_array_equal(result["pattern"][0], integrate(powder(), GEOMETRY, npt=30).intensity)


def test_without_pyfai_the_message_says_how_to_install_it() -> None:
    code = (
        "import sys; sys.modules['pyFAI'] = None\n"
        "import numpy as np\n"
        "from headrace.nodes import auto_mask, integrate, polarization\n"
        "from headrace import HeadraceError\n"
        "frame, where = np.ones((4, 4)), {}\n"
        "for use in (integrate, polarization, auto_mask(edge=0).update):\n"
        "    try: use(frame, where)\n"
        "    except HeadraceError as error: print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = found.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["integrate", "polarization", "auto_mask"]
    assert all(line.endswith("pip install 'headrace[xrd]'") for line in lines)
