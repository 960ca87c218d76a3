"""``headrace record``, and the whole rehearsal: publish, analyse live, record, analyse the record."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from headrace.engine.documents.original import original_documents
from headrace.engine.jobs.run import open_run
from headrace.engine.jobs.sources import stored_runs


def _listens(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr is not None
    assert word in process.stderr.readline()
    time.sleep(0.5)  # a subscription takes a moment to reach the publisher


def test_a_rehearsal_with_one_command_set(headrace: Any, proxy: tuple[str, str], folder: Path) -> None:
    inlet, outlet = (f"zmq://{place}/rehearsal" for place in proxy)
    with (
        headrace.start("record", "--from", outlet, "--to", "copy", "--runs", "2") as recording,
        headrace.start("run", "totals.yaml", "--from", outlet, "--to", "live", "--runs", "1") as running,
    ):
        _listens(recording, "recording what passes")
        _listens(running, "waiting for runs")
        assert headrace("publish", "raw", "--to", inlet, "--rate", "max").code == 0
        out, _ = recording.communicate(timeout=30)
        running.communicate(timeout=30)
    again = headrace("run", "totals.yaml", "--from", "copy", "--to", "batch")

    assert (recording.returncode, running.returncode, again.code) == (0, 0, 0)
    assert "6 events, success" in out
    for one, other in zip(stored_runs("raw"), stored_runs("copy"), strict=True):
        before, after = list(original_documents(one)), list(original_documents(other))
        assert [name for name, _ in before] == [name for name, _ in after]
        np.testing.assert_array_equal(before[-2][1]["data"]["dexela_image"], after[-2][1]["data"]["dexela_image"])
    live, batch = (open_run(next((folder / name).iterdir())) for name in ("live", "batch"))
    np.testing.assert_array_equal(live["mean"], batch["mean"], strict=True)


def test_a_signal_ends_it_and_a_run_without_stop_is_kept_and_said(
    headrace: Any, proxy: tuple[str, str], folder: Path
) -> None:
    from headrace.engine.documents.publish import DocumentPublisher

    with headrace.start("record", "--from", f"zmq://{proxy[1]}/half", "--to", "copy") as process:
        _listens(process, "recording what passes")
        with DocumentPublisher(f"zmq://{proxy[0]}/half") as publish:
            for name, doc in list(original_documents(stored_runs("raw/-1")[0]))[:5]:
                publish(name, doc)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    (kept,) = stored_runs("copy")

    assert (process.returncode, "Traceback" in err) == (1, False)
    assert "3 events, no stop document came, kept as abort" in " ".join(out.split())
    assert kept.stop["exit_status"] == "abort"


def test_wrong_use_is_refused(cli: Callable[..., Any]) -> None:
    said = cli("record", "--from", "raw", "--to", "copy")
    assert (said.code, "expected zmq://HOST:PORT/PREFIX" in said.err) == (2, True)
    said = cli("record", "--from", "zmq://no-such-host.invalid:5578/raw", "--to", "copy")
    assert (said.code, "can't be found" in said.err) == (3, True)
