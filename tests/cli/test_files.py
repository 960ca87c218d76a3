"""Where data files are, how long they are waited for, and which may be read, from the command line."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import event_model
import h5py
import numpy as np
import pytest

from headrace import open_run

GRAPH = """\
headrace: 1
graph: means
nodes:
  frames: {type: source, field: image}
  mean:   {type: average, in: frames}
  keep:   {type: sink, in: [mean]}
"""


@pytest.fixture
def scan(folder: Path) -> Callable[..., None]:
    """Give a function that writes a run whose images are in /beamline/data/scan.h5, a file that is in here/ instead."""
    (folder / "means.yaml").write_text(GRAPH)
    (folder / "here").mkdir()
    with h5py.File(folder / "here" / "scan.h5", "w") as file:
        file["/entry/data/data"] = np.arange(90).reshape(3, 6, 5)

    def write(*, ended: bool) -> None:
        run = event_model.compose_run()
        image: Any = {"source": "s", "dtype": "array", "shape": [1, 6, 5], "external": "FILESTORE:"}
        made = run.compose_descriptor(name="primary", data_keys={"image": image})
        resource = run.compose_resource(
            spec="AD_HDF5", root="/beamline/data", resource_path="scan.h5", resource_kwargs={"frame_per_point": 1}
        )
        documents: list[Any] = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
        documents.append(("resource", resource.resource_doc))
        for number in range(3):
            datum = resource.compose_datum(datum_kwargs={"point_number": number})
            data = {"image": datum["datum_id"]}
            event = made.compose_event(data=data, timestamps={"image": 0.0}, filled={"image": False})
            documents += [("datum", datum), ("event", event)]
        documents += [("stop", run.compose_stop())] if ended else []
        (folder / "scan.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in documents))

    return write


def test_a_folder_is_mapped_and_allowed(cli: Callable[..., Any], scan: Callable[..., None], folder: Path) -> None:
    scan(ended=True)
    run = ("run", "means.yaml", "--from", "scan.jsonl")
    said = cli(*run)
    assert (said.code, "--map-path" in said.out) == (1, True)
    said = cli(*run, "--map-path", "/beamline/data=here", "--to", "results")
    assert said.code == 0
    said = cli(*run, "--map-path", "/beamline=.", "--allow-files", "raw")
    assert (said.code, "there is no folder" in said.err) == (1, False)  # here/ is not in ./data
    assert open_run(folder / "results" / "-1")["mean"].shape == (3, 6, 5)


def test_a_file_outside_the_allowed_folders_is_refused(
    cli: Callable[..., Any], scan: Callable[..., None], folder: Path
) -> None:
    scan(ended=True)
    (folder / "here" / "scan.h5").rename(folder / "scan.h5")
    run = ("run", "means.yaml", "--from", "scan.jsonl")
    assert cli(*run).code == 0  # beside its documents
    (folder / "moved").mkdir()
    (folder / "scan.jsonl").rename(folder / "moved" / "scan.jsonl")
    moved = ("run", "means.yaml", "--from", "moved/scan.jsonl", "--allow-files", "here")
    said = cli(*moved)
    assert said.code == 1
    assert "may not be read" in said.out


@pytest.mark.parametrize(
    ("option", "code", "text"),
    [
        (("--map-path", "/beamline"), 2, "expected THERE=HERE"),
        (("--map-path", "/beamline=nowhere"), 3, "there is no folder nowhere"),
        (("--allow-files", "nowhere"), 3, "there is no folder nowhere"),
        (("--file-wait", "-1"), 2, "--file-wait"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(
    option: tuple[str, ...], code: int, text: str, cli: Callable[..., Any], scan: Callable[..., None]
) -> None:
    scan(ended=True)
    said = cli("run", "means.yaml", "--from", "scan.jsonl", *option)
    assert (said.code, text in said.err) == (code, True)


def test_ctrl_c_ends_the_waiting_for_a_file(headrace: Any, scan: Callable[..., None]) -> None:
    scan(ended=False)
    with headrace.start("run", "means.yaml", "--from", "scan.jsonl", "--file-wait", "3600") as process:
        for line in process.stderr:
            if "waiting for a file" in line:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in err + out
