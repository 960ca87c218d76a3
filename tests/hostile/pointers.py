"""Documents that point to files: outside what is allowed, to what is no data, or to nothing."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.files import DATASET
from tests.hostile.message import Fate, Hostile, Pair, Stage, beginning, documents, event, stop, uid_of

__all__ = ["messages"]

_CLASSIC = {"image": {"dtype": "array", "shape": [1, 12, 16], "source": "h", "external": "FILESTORE:"}}
_STREAM = {"image": {"dtype": "array", "shape": [12, 16], "source": "h", "external": "STREAM:", "dtype_numpy": "<u2"}}


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    yield from _places(stage)
    yield from _links(stage)
    yield from _contents(stage)
    yield from _series(stage)
    yield from _documents(stage)
    yield from _rows(stage)


def classic(stage: Stage, name: str, resource: dict[str, Any], datum: Any = None, fate: Fate = "failed") -> Hostile:
    """Have a datum read."""
    uid, pairs = beginning(stage, name, keys=_CLASSIC)
    whole = {"uid": f"{uid}/r", "run_start": uid, "spec": "AD_HDF5", "root": "", "resource_kwargs": {}, **resource}
    kwargs = {"point_number": 0} if datum is None else datum
    points: list[Pair] = [
        ("resource", whole),
        ("datum", {"resource": f"{uid}/r", "datum_id": f"{uid}/r/0", "datum_kwargs": kwargs}),
        event(uid, 1, {"image": f"{uid}/r/0"}, filled={"image": False}),
    ]
    return documents(name, [*pairs, *points, stop(uid)], fate)


def stream(stage: Stage, name: str, resource: dict[str, Any], fate: Fate = "failed", **datum: Any) -> Hostile:
    """Have a row of a stream read, in a run without events."""
    uid, pairs = beginning(stage, name, keys=_STREAM)
    parameters = {"dataset": DATASET, "chunk_shape": [1, 12, 16]}
    whole = {"uid": f"{uid}/r", "run_start": uid, "data_key": "image", "mimetype": "application/x-hdf5"}
    rows = {"indices": {"start": 0, "stop": 1}, "seq_nums": {"start": 1, "stop": 2}, **datum}
    points: list[Pair] = [
        ("stream_resource", {**whole, "parameters": parameters, **resource}),
        ("stream_datum", {"uid": f"{uid}/r/0", "stream_resource": f"{uid}/r", "descriptor": f"{uid}/d", **rows}),
    ]
    return documents(name, [*pairs, *points, stop(uid)], fate)


def _places(stage: Stage) -> Iterator[Hostile]:
    secret, allowed = stage.outside / "secret.h5", stage.allowed
    relative = os.path.relpath(secret)
    places = {
        "in another folder": str(secret),
        "by way of an allowed folder": f"{allowed}/../outside/secret.h5",
        "by way of many dots": f"{allowed}/./.././outside/../outside/secret.h5",
        "from the working directory": relative,
        "with a folder whose name begins alike": f"{allowed}-other/secret.h5",
        "with zero bytes behind it": f"{allowed}/good.h5\0{secret}",
        "with half a character in it": f"{allowed}/\ud800.h5",
        "with a name of a megabyte": f"{allowed}/" + "f" * (1 << 20),
        "with a million dots": f"{allowed}/" + "../" * 300_000 + "etc/passwd",
        "in /etc": "/etc/passwd",
        "in /proc": "/proc/self/environ",
        "in /dev": "/dev/zero",
        "in a home folder": "~/secret.h5",
        "by a variable": "$HOME/secret.h5",
        "on another machine, as Windows says it": "\\\\server\\share\\secret.h5",
        "on another machine": "//server/share/secret.h5",
        "on a drive of Windows": "C:\\secret.h5",
        "by a pattern": f"{stage.outside}/*.h5",
    }
    for words, path in places.items():
        yield classic(stage, f"a file {words}", {"resource_path": path})
    yield classic(stage, "a file outside, by its root", {"root": str(stage.outside), "resource_path": "secret.h5"})
    yield classic(stage, "a root and a path that leads out of it", {"root": str(allowed), "resource_path": str(secret)})
    uris = {
        "of a file outside": f"file://localhost{secret}",
        "of a file outside, in escapes": "file://localhost" + str(secret).replace("outside", "%6Futside"),
        "of a file outside, with dots in escapes": f"file://localhost{allowed}/%2e%2e/outside/secret.h5",
        "of a file on another machine": f"file://server{secret}",
        "on the web": "http://127.0.0.1:1/secret.h5",
        "on the web, encrypted": "https://127.0.0.1:1/secret.h5",
        "of an ftp server": "ftp://127.0.0.1/secret.h5",
        "of a bucket": "s3://bucket/secret.h5",
        "of data in it": "data://text/plain;base64,AAAA",
        "of a command": "file:///bin/sh|touch",
        "with a broken address": "file://[::1/secret.h5",
        "with zero bytes": f"file://localhost{allowed}/good.h5%00{secret}",
        "of nothing": "",
    }
    for words, uri in uris.items():
        yield stream(stage, f"an address {words}", {"uri": uri})
    yield stream(stage, "an address that is a list", {"uri": [str(secret)]})


def _links(stage: Stage) -> Iterator[Hostile]:
    names = {
        "link.h5": "a link to a file outside",
        "folder/secret.h5": "a file in a folder that is a link",
        "loop.h5": "a link to itself",
        "passwd.h5": "a link to /etc/passwd",
        "zero.h5": "a link to /dev/zero",
        "pipe.h5": "a pipe that nobody writes to",
        "directory.h5": "a folder in place of a file",
        "link_absolute.h5": "a link inside HDF5 to a file outside",
        "link_relative.h5": "a link inside HDF5 that leads up and out",
        "group_absolute.h5": "a group inside HDF5 that is a link outside",
        "group_relative.h5": "a group inside HDF5 that is a link up and out",
        "soft.h5": "a soft link inside HDF5 to a link outside",
        "chain.h5": "a link inside HDF5 to a file with a link outside",
        "to_link.h5": "a link inside HDF5 to a file that is a link outside",
        "soft_loop.h5": "soft links inside HDF5 that go round in a circle",
        "self.h5": "a link inside HDF5 to itself",
        "virtual.h5": "a virtual dataset of a file outside",
        "virtual_relative.h5": "a virtual dataset of a file up and out",
        "virtual_of_virtual.h5": "a virtual dataset of a virtual dataset of a file outside",
        "virtual_of_link.h5": "a virtual dataset of a link to a file outside",
        "virtual_self.h5": "a virtual dataset of itself",
        "virtual_growing.h5": "a virtual dataset as long as one in a file outside",
        "virtual_pattern.h5": "a virtual dataset of files that a pattern names outside",
        "raw_absolute.h5": "a dataset whose bytes are in a file outside",
        "raw_etc.h5": "a dataset whose bytes are /etc/passwd",
        "raw_cwd.h5": "a dataset whose bytes are found from the working directory",
    }
    for file, name in names.items():
        yield classic(stage, name, {"resource_path": str(stage.allowed / file)})
        yield stream(stage, f"{name}, in a stream", {"uri": f"file://localhost{stage.allowed / file}"})


def _contents(stage: Stage) -> Iterator[Hostile]:
    for file in ("empty.h5", "text.h5", "torn.h5", "missing.h5"):
        yield classic(stage, f"an HDF5 file that is {file[:-3]}", {"resource_path": str(stage.allowed / file)})
    odd = str(stage.allowed / "odd.h5")
    datasets: dict[str, Any] = {
        "of four gigabytes in a row": "huge",
        "that is a single number": "scalar",
        "that is a group": "group",
        "that is a type": "type",
        "that has no values": "none",
        "that is not there": "nothing/here",
        "that is the file itself": "/",
        "with zero bytes in its name": "a\0b",
        "with dots in its name": "../../../etc/passwd",
        "with half a character in its name": "\ud800",
        "with a name of a megabyte": "d" * (1 << 20),
        "with a name that is a list": ["huge"],
    }
    for words, dataset in datasets.items():
        kwargs = {"dataset": dataset}
        yield classic(stage, f"a dataset {words}", {"resource_path": odd, "resource_kwargs": kwargs})
    for words, dataset in {"of texts": "text", "of records": "records", "of references": "references"}.items():
        kwargs = {"dataset": dataset}
        yield classic(stage, f"a dataset {words}", {"resource_path": odd, "resource_kwargs": kwargs}, fate="taken")
    good = {"resource_path": str(stage.allowed / "good.h5")}
    points: dict[str, Any] = {"-1": -1, "2 to the 62": 2**62, "2 to the 70": 2**70, "in words": "one", "NaN": math.nan}
    for words, point in points.items():
        yield classic(stage, f"the point {words} of a file", good, {"point_number": point})
    for frames in (0, -3, 10**12, "two", 1.5e300):
        given = {**good, "resource_kwargs": {"frame_per_point": frames}}
        yield classic(stage, f"{frames} frames for each point", given, fate="taken" if frames == 0 else "failed")


def _series(stage: Stage) -> Iterator[Hostile]:
    kinds = {"NPY_SEQ": ("npy", {"index": 0}), "AD_TIFF": ("tif", {"point_number": 0})}
    files = {
        "NPY_SEQ": {
            "../outside/secret": "outside",
            "link": "behind a link",
            "objects": "of pickled objects",
            "pickle": "that is a pickle",
            "huge": "that claims a billion times a billion",
            "code": "with code in its header",
            "deep": "with nine thousand brackets in its header",
        },
        "AD_TIFF": {
            "../outside/secret": "outside",
            "link": "behind a link",
            "huge": "that claims a billion times a billion",
            "torn": "that is torn",
            "ome": "that says its image is in another file",
        },
    }
    for spec, names in files.items():
        suffix, datum = kinds[spec]
        for file, words in names.items():
            template = {"template": "%s%s_%6.6d.tif", "filename": file}
            path = str(stage.allowed) if spec == "AD_TIFF" else str(stage.allowed / file)
            given = {"spec": spec, "resource_path": path, "resource_kwargs": template}
            fate: Fate = "taken" if file == "ome" else "failed"
            yield classic(stage, f"a {suffix} file {words}", given, datum, fate)
    templates = {
        "with a width of two gigabytes": "%s%s_%2000000000d.tif",
        "with names in brackets": "%(name)s",
        "with all the letters there are": "%s" * 1000,
        "of Python's new sort with attributes": "{0.__class__}",
        "of a percent sign": "%",
        "that is absolute": "/etc/passwd",
        "with zero bytes": "a\0b%d",
    }
    for words, text in templates.items():
        kwargs = {"template": text, "filename": "good"}
        given = {"spec": "AD_TIFF", "resource_path": str(stage.allowed), "resource_kwargs": kwargs}
        yield classic(stage, f"a template {words}", given)
    same = {"template": "good_000000.tif", "filename": "", "files_per_datum": 10**9}
    tiffs = {"mimetype": "multipart/related;type=image/tiff", "uri": f"file://localhost{stage.allowed}/"}
    yield stream(stage, "the same file a billion times for one value", {**tiffs, "parameters": same})
    few = {"template": "good_000000.tif", "chunk_shape": [0, 12, 16]}
    yield stream(stage, "chunks of no frames", {**tiffs, "parameters": few}, "taken")
    out = {"template": "../outside/secret_{:06d}.tif", "chunk_shape": [1, 12, 16]}
    yield stream(stage, "a template that leads out of its folder", {**tiffs, "parameters": out})


def _documents(stage: Stage) -> Iterator[Hostile]:
    uid = uid_of(stage, "pointers of nobody")
    odd: dict[str, tuple[str, Any]] = {
        "a resource without a uid": ("resource", {"run_start": uid, "spec": "AD_HDF5"}),
        "a resource whose uid is a list": ("resource", {"uid": [uid], "run_start": uid}),
        "a resource whose uid has zero bytes": ("resource", {"uid": "a\0b", "run_start": uid}),
        "a resource of a run of ten megabytes": ("resource", {"uid": uid, "run_start": "r" * 10_000_000}),
        "a datum without a resource": ("datum", {"datum_id": "a", "datum_kwargs": {}}),
        "a datum whose resource is a list": ("datum", {"datum_id": "a", "resource": [uid], "datum_kwargs": {}}),
        "a datum whose name is a number": ("datum", {"datum_id": 5, "resource": uid, "datum_kwargs": {}}),
        "a datum with a name of ten megabytes": ("datum", {"datum_id": "d" * 10_000_000, "resource": uid}),
        "a stream resource without a data key": ("stream_resource", {"uid": uid, "run_start": uid}),
        "a stream resource whose data key is a list": ("stream_resource", {"uid": uid, "data_key": ["image"]}),
        "a stream datum of nothing": ("stream_datum", {}),
        "a stream datum without a descriptor": (
            "stream_datum",
            {"stream_resource": uid, "indices": {}, "seq_nums": {}},
        ),
    }
    for name, pair in odd.items():
        yield documents(name, [pair], "passed over")
    name = "a datum of a resource that never comes"
    run, pairs = beginning(stage, name, keys=_CLASSIC)
    datum: Pair = ("datum", {"resource": f"{run}/never", "datum_id": "never/0", "datum_kwargs": {}})
    lost = event(run, 1, {"image": "never/0"}, filled={"image": False})
    yield documents(name, [*pairs, datum, lost, stop(run)], "failed")
    yield classic(stage, "a spec that nobody knows", {"spec": "__import__('os')", "resource_path": "x"})
    yield classic(stage, "a spec that is a list", {"spec": ["AD_HDF5"], "resource_path": "x"})
    yield classic(stage, "kwargs that are a list", {"resource_path": "x", "resource_kwargs": [1]})
    yield classic(stage, "kwargs of a datum that are text", {"resource_path": "x"}, "abc")
    yield classic(stage, "a path that is an array", {"resource_path": np.zeros(3)})
    yield stream(stage, "parameters that are a list", {"uri": "file://localhost/x", "parameters": [1]})
    yield stream(stage, "a stream without parameters", {"uri": "file://localhost/x", "parameters": None})
    yield stream(stage, "a mimetype that nobody knows", {"uri": "file://localhost/x", "mimetype": "text/x-python"})
    yield stream(
        stage, "a data key that the descriptor doesn't have", {"uri": "file://localhost/x", "data_key": "y"}, "taken"
    )


def _rows(stage: Stage) -> Iterator[Hostile]:
    good = {"uri": f"file://localhost{stage.allowed / 'good.h5'}"}
    ranges: dict[str, tuple[Any, Any, Fate]] = {
        "2 to the 60 rows": ((0, 2**60), (1, 2**60 + 1), "passed over"),
        "a million and one rows": ((0, 1_000_001), (1, 1_000_002), "passed over"),
        "a negative number of rows": ((0, 1), (5, 1), "passed over"),
        "rows from -5 on": ((-5, -4), (1, 2), "passed over"),
        "events from -5 on": ((0, 3), (-5, -2), "passed over"),
        "the event 0": ((0, 1), (0, 1), "passed over"),
        "rows beyond 64 bits": ((2**70, 2**70 + 1), (1, 2), "passed over"),
        "events beyond 64 bits": ((0, 1), (2**70, 2**70 + 1), "passed over"),
        "rows in words": (("a", "b"), (1, 2), "passed over"),
        "events in fractions": ((0, 1), (1.0, 2.0), "passed over"),
        "events of NaN": ((0, 1), (math.nan, math.nan), "passed over"),
        "events that are true": ((0, 1), (True, 2), "passed over"),
        "rows in arrays": ((np.zeros(2, int), np.ones(2, int)), (1, 2), "passed over"),
        "no rows at all": ((0, 0), (1, 1), "passed over"),
    }
    for words, (indices, numbers, fate) in ranges.items():
        given = {
            "indices": {"start": indices[0], "stop": indices[1]},
            "seq_nums": {"start": numbers[0], "stop": numbers[1]},
        }
        yield stream(stage, f"a stream datum of {words}", good, fate, **given)
    yield stream(stage, "a stream datum whose rows are a list", good, "passed over", indices=[0, 1])
    yield stream(
        stage,
        "a stream datum of a hundred rows of a file with four",
        good,
        indices={"start": 0, "stop": 100},
        seq_nums={"start": 1, "stop": 101},
    )
