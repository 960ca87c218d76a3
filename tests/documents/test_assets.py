"""Reading detector files, each format through the one reader."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from headrace.engine.documents.assets import AssetReader, AssetSettings
from headrace.engine.documents.assets.sequences import classic_name, stream_name
from headrace.engine.model.errors import DocumentError, NotReachableError

APPENDING = """
import sys, time, h5py
for count in range(1, 21):
    with h5py.File(sys.argv[1], "a") as file:
        frames = file.require_group("entry/data")
        if count == 1:
            frames.create_dataset("data", (0, 6, 5), "<u2", maxshape=(None, 6, 5))
        frames["data"].resize(count, axis=0)
        frames["data"][count - 1] = count
    time.sleep(0.01)
"""

Files = Callable[..., tuple[Path, Any]]


def reader(**settings: Any) -> AssetReader:
    return AssetReader(AssetSettings(**{"patience": 0, **settings}))


def resource(spec: str, path: Path, **kwargs: Any) -> dict[str, Any]:
    root = {"root": str(path.parent), "resource_path": path.name}
    return {"uid": "r1", "spec": spec, "resource_kwargs": kwargs, **root}


def stream_resource(path: Path | str, mimetype: str = "application/x-hdf5", **kwargs: Any) -> dict[str, Any]:
    parameters = {"dataset": "/entry/data/data", **kwargs}
    return {"uid": "s1", "mimetype": mimetype, "uri": f"file://localhost{path}", "parameters": parameters}


def datum(**kwargs: Any) -> dict[str, Any]:
    return {"datum_id": "r1/0", "resource": "r1", "datum_kwargs": kwargs}


@pytest.mark.parametrize("spec", ["AD_HDF5", "AD_HDF5_SWMR"])
def test_an_area_detector_file_gives_the_frames_of_a_point(spec: str, frames_file: Files) -> None:
    path, frames = frames_file(6)
    value = reader().datum(resource(spec, path, frame_per_point=3), datum(point_number=1))
    assert value.dtype == frames.dtype
    np.testing.assert_array_equal(value, frames[3:6])


def test_an_area_detector_file_may_say_where_its_frames_are(frames_file: Files) -> None:
    path, frames = frames_file(2, dataset="/elsewhere")
    value = reader().datum(resource("AD_HDF5", path, dataset="/elsewhere"), datum(point_number=1))
    np.testing.assert_array_equal(value, frames[1:2])


def test_npy_and_tiff_series_give_the_frames_of_a_point(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 999, (4, 3, 5)).astype("<u2")
    for i, frame in enumerate(frames):
        np.save(tmp_path / f"scan_{i}.npy", frame)
        tifffile.imwrite(tmp_path / f"scan_{i:06d}.tiff", frame)
    single = reader().datum(resource("NPY_SEQ", tmp_path / "scan"), datum(index=2))
    np.testing.assert_array_equal(single, frames[2])
    kwargs = {"template": "%s%s_%6.6d.tiff", "filename": "scan", "frame_per_point": 2}
    stack = reader().datum(resource("AD_TIFF", tmp_path, **kwargs), datum(point_number=1))
    np.testing.assert_array_equal(stack, frames[2:4])


@pytest.mark.parametrize(
    ("stored", "declared", "index", "expected"),
    [
        ((6, 4, 5), (1, 4, 5), 2, np.s_[2:3]),
        ((6, 4, 5), (4, 5), 2, np.s_[2]),
        ((6, 4, 5), (3, 4, 5), 1, np.s_[3:6]),
        ((6, 2, 4, 5), (2, 4, 5), 1, np.s_[1]),
        ((6, 1, 4, 5), (4, 5), 1, np.s_[1, 0]),
        ((6,), (), 4, np.s_[4]),
        ((6,), (1,), 4, np.s_[4:5]),
    ],
)
def test_a_row_of_a_stream_has_the_declared_shape(
    stored: tuple[int, ...], declared: tuple[int, ...], index: int, expected: Any, tmp_path: Path
) -> None:
    data = np.arange(np.prod(stored)).reshape(stored)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["/entry/data/data"] = data
    value = reader().row(stream_resource(tmp_path / "a.h5"), index, {"shape": list(declared)})
    np.testing.assert_array_equal(value, data[expected])
    assert value.shape == declared


def test_a_dataset_with_too_few_axes_is_refused(frames_file: Files) -> None:
    with pytest.raises(DocumentError, match="too few axes"):
        reader().row(stream_resource(frames_file(2)[0]), 0, {"shape": [1, 2, 6, 5]})


@pytest.mark.parametrize("template", ["scan_{:06d}.tiff", "%s%s_%6.6d.tiff", "{filename}_{:06d}.tiff"])
def test_a_stream_of_tiff_files_gives_the_frames_of_a_datum(template: str, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 999, (4, 3, 5)).astype("<u2")
    for i, frame in enumerate(frames):
        tifffile.imwrite(tmp_path / f"scan_{i:06d}.tiff", frame)
    kind = "multipart/related;type=image/tiff"
    where = stream_resource(f"{tmp_path}/", kind, template=template, filename="scan", chunk_shape=[1, 3, 5])
    np.testing.assert_array_equal(reader().row(where, 1, {"shape": [2, 3, 5]}), frames[2:4])
    np.testing.assert_array_equal(reader().row(where, 3, {"shape": [1, 3, 5]}), frames[3:4])


def test_templates_that_are_not_file_templates_are_refused() -> None:
    for template in ("{0.__class__}", "{:999999999d}", "{:d}{"):
        with pytest.raises(DocumentError, match="no file template"):
            stream_name(template, "scan", 1)
    for template in ("%999999999d", "%(key)s", "%x"):
        with pytest.raises(DocumentError, match="no file template"):
            classic_name(template, 1)
    with pytest.raises(DocumentError, match="doesn't take"):
        classic_name("%d%d", 1)


def test_an_unknown_spec_is_refused_by_name_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"spec 'AD_CBF' of resource r1; known are AD_HDF5, AD_HDF5_SWMR"):
        reader().datum(resource("AD_CBF", tmp_path), datum())
    with pytest.raises(DocumentError, match=r"mimetype 'image/gif' of resource s1; known are application"):
        reader().row(stream_resource("/a", "image/gif"), 0, {})
    with pytest.raises(DocumentError, match="lacks 'point_number'"):
        reader().datum(resource("AD_HDF5", tmp_path), datum(frame=1))


def test_a_missing_file_is_named_with_advice_and_waited_for_only_once(tmp_path: Path) -> None:
    patient = reader(patience=0.2)
    began = time.monotonic()
    for _ in range(10):
        with pytest.raises(NotReachableError, match=r"not at .*gone.h5.*root_map"):
            patient.datum(resource("AD_HDF5", tmp_path / "gone.h5"), datum(point_number=0))
    assert time.monotonic() - began < 0.5


def test_rows_that_are_not_there_are_named(frames_file: Files) -> None:
    with pytest.raises(NotReachableError, match=r"rows 4 to 4 of /entry/data/data are not in .*: it has 2"):
        reader().datum(resource("AD_HDF5", frames_file(2)[0]), datum(point_number=4))


def test_something_that_is_no_hdf5_or_npy_or_tiff_is_refused(tmp_path: Path) -> None:
    for name in ("a.h5", "a_0.npy", "a_0.tiff"):
        (tmp_path / name).write_bytes(b"not what it says" * 9)
    with pytest.raises(NotReachableError, match="as HDF5"):
        reader().datum(resource("AD_HDF5", tmp_path / "a.h5"), datum(point_number=0))
    with pytest.raises(DocumentError, match=r"no .npy file"):
        reader().datum(resource("NPY_SEQ", tmp_path / "a"), datum(index=0))
    kwargs = {"template": "%s%s_%d.tiff", "filename": "a"}
    with pytest.raises(DocumentError, match="as TIFF"):
        reader().datum(resource("AD_TIFF", tmp_path, **kwargs), datum(point_number=0))


def test_a_npy_file_of_pickled_objects_is_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a_0.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DocumentError, match=r"no .npy file of numbers"):
        reader().datum(resource("NPY_SEQ", tmp_path / "a"), datum(index=0))


def test_a_file_is_found_through_the_root_map_or_beside_the_documents(frames_file: Files) -> None:
    path, frames = frames_file(1)
    there = resource("AD_HDF5", Path("/far/away") / path.name)
    for settings in ({"root_map": {"/far/away": str(path.parent)}}, {"beside": path.parent}):
        np.testing.assert_array_equal(reader(**settings).datum(there, datum(point_number=0)), frames)


def test_rows_are_waited_for_until_they_are_written_and_not_read_as_zeros(tmp_path: Path) -> None:
    path = tmp_path / "sparse.h5"
    with h5py.File(path, "w") as file:
        grown = file.create_dataset("/entry/data/data", (3, 6, 5), "<u2", maxshape=(None, 6, 5), chunks=(1, 6, 5))
        grown[0] = 7
    assert reader(patience=0.1).row(stream_resource(path), 0, {"shape": [1, 6, 5]}).max() == 7
    with pytest.raises(NotReachableError, match=r"rows 1 to 1 of .* announced in .* but not written"):
        reader(patience=0.1).row(stream_resource(path), 1, {"shape": [1, 6, 5]})
    assert not reader().row(stream_resource(path), 1, {"shape": [1, 6, 5]}).any()  # a finished file says what it says


def test_reading_never_stands_in_the_way_of_a_writer(tmp_path: Path) -> None:
    path, patient = tmp_path / "appended.h5", reader(patience=10)
    writer = subprocess.Popen([sys.executable, "-c", APPENDING, path])  # fails if anybody holds a lock
    for number in range(20):
        assert patient.row(stream_resource(path), number, {"shape": [1, 6, 5]}).min() == number + 1
    assert writer.wait(20) == 0


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path, patient = tmp_path / "a.h5", reader(patience=1)
    for value in (1, 2):
        with h5py.File(tmp_path / "new.h5", "w") as file:
            file["/entry/data/data"] = np.full((1, 6, 5), value)
        (tmp_path / "new.h5").rename(path)
        assert patient.row(stream_resource(path), 0, {"shape": [1, 6, 5]}).min() == value


@pytest.mark.parametrize("suffix", ["npy", "tiff"])
def test_a_file_that_is_half_written_is_waited_for(suffix: str, tmp_path: Path) -> None:
    frame = np.random.default_rng(0).integers(0, 999, (40, 50)).astype("<u2")
    whole, path = tmp_path / f"whole.{suffix}", tmp_path / f"a_0.{suffix}"
    (np.save if suffix == "npy" else tifffile.imwrite)(whole, frame)
    content = whole.read_bytes()

    def read(**settings: Any) -> Any:
        if suffix == "npy":
            return reader(**settings).datum(resource("NPY_SEQ", tmp_path / "a"), datum(index=0))
        kwargs = {"template": "%s%s_%d.tiff", "filename": "a"}
        return reader(**settings).datum(resource("AD_TIFF", tmp_path, **kwargs), datum(point_number=0))[0]

    for size in (0, 3, 60, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(NotReachableError, match="not written to its end"):
            read()
    timer = threading.Timer(0.1, lambda: path.write_bytes(content))
    timer.start()
    np.testing.assert_array_equal(read(patience=10), frame)
    timer.join()


def test_a_run_waits_in_vain_a_few_times_and_no_more(tmp_path: Path) -> None:
    patient, told = reader(patience=0.1), []
    began = time.monotonic()
    for number in range(200):
        gone = {**resource("AD_HDF5", tmp_path / f"{number}.h5"), "uid": f"r{number}"}
        with pytest.raises(NotReachableError) as caught:
            patient.datum(gone, datum(point_number=0))
        told.append("waited" in str(caught.value))
    assert sum(told) <= 10
    assert time.monotonic() - began < 10


def test_waiting_ends_when_it_is_cut_short_and_says_what_it_waits_for(tmp_path: Path) -> None:
    said: list[str] = []
    patient = reader(patience=3600, cut_short=lambda: bool(said), on_wait=said.append)
    with pytest.raises(NotReachableError, match=r"gone.h5"):
        patient.datum(resource("AD_HDF5", tmp_path / "gone.h5"), datum(point_number=0))
    assert len(said) == 2
    assert "gone.h5" in said[0]
    assert said[1] == ""


@pytest.mark.parametrize("name", ["/etc/hostname", "/proc/self/mem", "/dev/zero", "/dev/stdin"])
def test_files_of_the_operating_system_are_not_read(name: str) -> None:
    with pytest.raises(DocumentError, match="may not be read: it lies in a folder of the operating system"):
        reader().datum(resource("AD_HDF5", Path(name)), datum(point_number=0))


def test_hidden_files_are_read_only_if_their_folder_is_allowed(frames_file: Files, tmp_path: Path) -> None:
    path, frames = frames_file(1)
    hidden = tmp_path / ".secrets" / path.name
    hidden.parent.mkdir()
    path.rename(hidden)
    path.symlink_to(hidden)
    for where in (path, hidden):
        with pytest.raises(DocumentError, match="a folder that is hidden"):
            reader().datum(resource("AD_HDF5", where), datum(point_number=0))
        allowed = reader(allowed=(hidden.parent,))
        np.testing.assert_array_equal(allowed.datum(resource("AD_HDF5", where), datum(point_number=0)), frames)


def test_only_files_in_allowed_folders_are_read_by_whatever_way(frames_file: Files, tmp_path: Path) -> None:
    path, _ = frames_file(1)
    (tmp_path / "data").mkdir()
    with h5py.File(tmp_path / "data" / "linked.h5", "w") as file:
        file["/entry/data/data"] = h5py.ExternalLink(str(path), "/entry/data/data")
    with h5py.File(tmp_path / "data" / "raw.h5", "w") as file:
        whole = [(str(path), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("/entry/data/data", (1, 1, 100), "u1", external=whole)
    layout = h5py.VirtualLayout((1, 6, 5), "<u2")
    layout[0] = h5py.VirtualSource(str(path), "/entry/data/data", (1, 6, 5))[0]
    with h5py.File(tmp_path / "data" / "virtual.h5", "w") as file:
        file.create_group("/entry/data").create_virtual_dataset("data", layout)
    for name in ("linked.h5", "raw.h5", "virtual.h5", "../frames.h5"):
        where = tmp_path / "data" / name
        assert reader().datum(resource("AD_HDF5", where), datum(point_number=0)).size
        with pytest.raises(DocumentError, match=r"frames.h5 may not be read: it lies in none of the folders"):
            reader(allowed=(tmp_path / "data",)).datum(resource("AD_HDF5", where), datum(point_number=0))


def test_only_a_bounded_number_of_files_stays_open(frames_file: Files) -> None:
    paths = [frames_file(1, name=f"{i}.h5")[0] for i in range(5)]
    bounded = reader(max_open=2)
    for path in paths * 2:
        bounded.datum(resource("AD_HDF5", path), datum(point_number=0))
    open_files = [link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()]
    assert sum(path in open_files for path in paths) == 2
    bounded.close()
    open_files = [link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()]
    assert not any(path in open_files for path in paths)


def test_files_are_read_from_several_threads(frames_file: Files) -> None:
    files = [frames_file(8, name=f"{i}.h5") for i in range(4)]
    shared, wrong = reader(max_open=2), []

    def read(seed: int) -> None:
        for i in np.random.default_rng(seed).integers(0, 32, 50):
            path, frames = files[i % 4]
            value = shared.datum(resource("AD_HDF5", path), datum(point_number=int(i // 4)))
            if not np.array_equal(value[0], frames[i // 4]):
                wrong.append(i)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
