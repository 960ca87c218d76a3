"""Folders with sound files, with files that lead elsewhere, and a secret that nobody may read."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
from tests.hostile.message import Stage
from tests.hostile.pickles_that_call import Calls

__all__ = ["SECRET", "lay_out"]

SECRET = 54321
"""The number that all files outside hold, and no other."""

DATASET = "/entry/data/data"


def lay_out(folder: Path) -> Stage:
    """Make the folders and files."""
    stage = Stage(folder / "allowed", folder / "outside", folder / "canary")
    stage.allowed.mkdir()
    stage.outside.mkdir()
    _secrets(stage.outside)
    _sound(stage.allowed)
    _links(stage.allowed, stage.outside)
    _hdf5_links(stage.allowed, stage.outside)
    _odd(stage.allowed, stage)
    return stage


def _frames(value: int = 1) -> Any:
    return np.full((4, 12, 16), value, "<u2")


def _hdf5(path: Path, value: int = 1) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset(DATASET, data=_frames(value), chunks=(1, 12, 16))


def _secrets(outside: Path) -> None:
    _hdf5(outside / "secret.h5", SECRET)
    _hdf5(outside / "secret0.h5", SECRET)
    np.save(outside / "secret_0.npy", _frames(SECRET)[0])
    tifffile.imwrite(outside / "secret_000000.tif", _frames(SECRET)[0])
    (outside / "secret.bin").write_bytes(_frames(SECRET).tobytes())


def _sound(allowed: Path) -> None:
    _hdf5(allowed / "good.h5")
    np.save(allowed / "good_0.npy", _frames()[0])
    tifffile.imwrite(allowed / "good_000000.tif", _frames()[0])


def _links(allowed: Path, outside: Path) -> None:
    (allowed / "link.h5").symlink_to(outside / "secret.h5")
    (allowed / "link_0.npy").symlink_to(outside / "secret_0.npy")
    (allowed / "link_000000.tif").symlink_to(outside / "secret_000000.tif")
    (allowed / "folder").symlink_to(outside)
    (allowed / "loop.h5").symlink_to(allowed / "loop.h5")
    (allowed / "passwd.h5").symlink_to("/etc/passwd")
    os.mkfifo(allowed / "pipe.h5")
    (allowed / "directory.h5").mkdir()
    (allowed / "zero.h5").symlink_to("/dev/zero")


def _hdf5_links(allowed: Path, outside: Path) -> None:
    for name, target in {"absolute": str(outside / "secret.h5"), "relative": "../outside/secret.h5"}.items():
        with h5py.File(allowed / f"link_{name}.h5", "w") as file:
            file["entry/data/data"] = h5py.ExternalLink(target, DATASET)
        with h5py.File(allowed / f"group_{name}.h5", "w") as file:
            file["entry"] = h5py.ExternalLink(target, "/entry")
    with h5py.File(allowed / "soft.h5", "w") as file:
        file["there"] = h5py.ExternalLink(str(outside / "secret.h5"), "/entry")
        file["entry/data/data"] = h5py.SoftLink("/there/data/data")
    with h5py.File(allowed / "chain.h5", "w") as file:
        file["entry"] = h5py.ExternalLink("link_absolute.h5", "/entry")
    with h5py.File(allowed / "to_link.h5", "w") as file:
        file["entry"] = h5py.ExternalLink("link.h5", "/entry")
    with h5py.File(allowed / "soft_loop.h5", "w") as file:
        file["a"] = h5py.SoftLink("/b")
        file["b"] = h5py.SoftLink("/a")
        file["entry/data/data"] = h5py.SoftLink("/a")
    with h5py.File(allowed / "self.h5", "w") as file:
        file["entry"] = h5py.ExternalLink("self.h5", "/entry")
    _virtual(allowed / "virtual.h5", str(outside / "secret.h5"))
    _virtual(allowed / "virtual_relative.h5", "../outside/secret.h5")
    _virtual(allowed / "virtual_of_virtual.h5", str(allowed / "virtual.h5"))
    _virtual(allowed / "virtual_of_link.h5", str(allowed / "link_absolute.h5"))
    _virtual(allowed / "virtual_self.h5", str(allowed / "virtual_self.h5"))
    _unlimited(allowed / "virtual_growing.h5", str(outside / "secret.h5"))
    _pattern(allowed / "virtual_pattern.h5", str(outside / "secret%b.h5"))
    for name, target in {"absolute": str(outside / "secret.bin"), "etc": "/etc/passwd"}.items():
        with h5py.File(allowed / f"raw_{name}.h5", "w") as file:
            outer = [(target.encode(), 0, h5py.h5f.UNLIMITED)]
            file.create_dataset(DATASET, (4, 12, 16), "<u2", external=outer)
    with h5py.File(allowed / "raw_cwd.h5", "w") as file:
        relative = os.path.relpath(outside / "secret.bin", Path.cwd())
        file.create_dataset(DATASET, (4, 12, 16), "<u2", external=[(relative.encode(), 0, h5py.h5f.UNLIMITED)])


def _virtual(path: Path, target: str) -> None:
    layout = h5py.VirtualLayout((4, 12, 16), "<u2")
    layout[:] = h5py.VirtualSource(target, DATASET, (4, 12, 16))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset(DATASET, layout)


def _unlimited(path: Path, target: str) -> None:
    """Make a virtual dataset that is as long as its source is: to tell its shape is to open the source."""
    layout = h5py.VirtualLayout((4, 12, 16), "<u2", maxshape=(None, 12, 16))
    source = h5py.VirtualSource(target, DATASET, (4, 12, 16), maxshape=(None, 12, 16))
    whole = slice(0, h5py.h5s.UNLIMITED)
    layout[whole, :, :] = source[whole, :, :]
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset(DATASET, layout)


def _pattern(path: Path, target: str) -> None:
    """Make a virtual dataset of as many files as there are of a name with a number in it."""
    block, whole = (4, 12, 16), (h5py.h5s.UNLIMITED, 12, 16)
    ours, theirs = h5py.h5s.create_simple(block, whole), h5py.h5s.create_simple(block)
    ours.select_hyperslab((0, 0, 0), (h5py.h5s.UNLIMITED, 1, 1), block, block)
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_virtual(ours, target.encode(), DATASET.encode(), theirs)
    with h5py.File(path, "w") as file:
        group = file.create_group("entry/data")
        h5py.h5d.create(group.id, b"data", h5py.h5t.STD_U16LE, ours, plan)


def _odd(allowed: Path, stage: Stage) -> None:
    (allowed / "empty.h5").write_bytes(b"")
    (allowed / "text.h5").write_text("no HDF5 at all\n" * 100)
    (allowed / "torn.h5").write_bytes((allowed / "good.h5").read_bytes()[:1500])
    with h5py.File(allowed / "odd.h5", "w") as file:
        file.create_dataset("huge", (1 << 20, 1 << 15, 1 << 15), "<u2", chunks=(1, 64, 64))
        file.create_dataset("scalar", data=5)
        file.create_dataset("text", data=["a", "b"] * 2)
        file.create_dataset("records", data=np.zeros(4, [("x", "u2"), ("y", "f8")]))
        file.create_dataset("none", data=h5py.Empty("f4"))
        file.create_dataset("references", data=np.array([file.ref] * 4, dtype=h5py.ref_dtype))
        file["type"] = np.dtype("u2")
        file.create_group("group")
    call = Calls(os.system, f"touch {stage.canary}")
    np.save(allowed / "objects_0.npy", np.array([call], dtype=object), allow_pickle=True)
    (allowed / "pickle_0.npy").write_bytes(pickle.dumps(call))
    header = b"{'descr': '<u2', 'fortran_order': False, 'shape': (1000000000, 1000000000), }"
    (allowed / "huge_0.npy").write_bytes(_npy(header))
    (allowed / "code_0.npy").write_bytes(_npy(b"{'descr': __import__('os').system('x'), 'shape': (1,)}"))
    (allowed / "deep_0.npy").write_bytes(_npy(b"(" * 9_000))
    (allowed / "huge_000000.tif").write_bytes(_tiff(1 << 30, 1 << 30))
    (allowed / "torn_000000.tif").write_bytes((allowed / "good_000000.tif").read_bytes()[:60])
    _ome(allowed / "ome_000000.tif", stage.outside / "secret_000000.tif")


def _npy(header: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n" + b"\0" * 100


def _tiff(width: int, height: int) -> bytes:
    """Write a TIFF file that claims a size, with a strip of a few bytes."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    tags += [(278, 4, height), (279, 4, 4)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 12) + b"\1\2\3\4" + struct.pack("<H", len(tags)) + entries + b"\0" * 4


def _ome(path: Path, other: Path) -> None:
    """Write a TIFF file whose description says that its image is in another file."""
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">'
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="16" SizeY="12" '
        'SizeC="1" SizeZ="1" SizeT="2"><TiffData FirstT="0" IFD="0"/><TiffData FirstT="1" IFD="0">'
        f'<UUID FileName="{other}">urn:uuid:2</UUID></TiffData></Pixels></Image></OME>'
    )
    tifffile.imwrite(path, _frames()[0], description=text, metadata=None)
