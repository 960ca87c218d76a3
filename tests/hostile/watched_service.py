"""A service in a process of its own, with everything on, that tells what it does: run by `service_process`.

It takes commands, one on each line of its standard input, and answers each with a line of JSON.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from tests.hostile.good_runs import GRAPH, QUICK, good_run
from tests.hostile.guard import Guard

from headrace.engine.cli.log_format import TextFormat
from headrace.engine.cli.log_limit import LogLimit
from headrace.engine.documents.assets import AssetSettings
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.jobs.progress import Silent
from headrace.engine.jobs.service import Service
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.web.server import ControlServer


class Lines(logging.Handler):
    """Counts what is logged, and keeps some of it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = self.bytes = self.longest = 0
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line in."""
        text = self.format(record)
        self.count += 1
        self.bytes += len(text)
        self.longest = max(self.longest, len(text))
        if len(self.kept) < 500:
            self.kept.append(text[:2000])


class Failures(Silent):
    """Counts the failures of nodes."""

    number = 0

    def dead_letter(self, letter: DeadLetter) -> None:
        """Count one."""
        self.number += 1


def memory(field: str) -> int:
    """Give the resident memory (``VmRSS``) or its peak (``VmHWM``) in bytes."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))


class Watched:
    """The service, and answers to commands."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.folder = Path(given["folder"])
        self.lines = Lines()
        self.lines.setFormatter(TextFormat("%(levelname)s %(name)s: %(message)s"))
        self.lines.addFilter(LogLimit())  # as the command has it
        logging.getLogger().addHandler(self.lines)
        assets = AssetSettings(allowed=(Path(given["allowed"]),), patience=given["patience"])
        graphs = [self._graph(name, text) for name, text in (("guarded", GRAPH), ("quick", QUICK))]
        self.failures = Failures()
        self.jobs = [
            Job(graphs[0], to=[str(self.folder / "results")], assets=assets, progress=self.failures),
            Job(graphs[1], assets=assets),
        ]
        for job in self.jobs:
            job.run_documents(good_run())
        for module in ("h5py", "tifffile", "pickletools", "numpy.char", "ast", "pandas"):
            importlib.import_module(module)  # what is imported late counts as nobody's wish
        journal = self.folder / "journal" if given["journal"] else None
        self.service = Service(self.jobs, given["address"], journal=journal, run_timeout=given["run_timeout"])
        self.server = ControlServer(Monitor(self.jobs, self.service), token=given["token"])
        writable = [self.folder / "results", self.folder / "journal"]
        self.guard = Guard([self.folder, Path(given["allowed"])], writable)
        self.ready = threading.Event()
        self.error = ""
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _graph(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return path

    def _work(self) -> None:
        try:
            self.service.run(ready=self.ready.set)
        except BaseException as error:  # told to whoever asks
            self.error = "".join(traceback.format_exception(error))[-3000:]
        finally:
            self.ready.set()

    def begin(self) -> dict[str, Any]:
        """Start all of it."""
        self.server.start()
        self.thread.start()
        self.ready.wait()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the peak is counted from here
        self.before = memory("VmRSS")
        self.guard.arm()
        return {"control": self.server.address, "error": self.error, "pid": os.getpid()}

    def status(self) -> dict[str, Any]:
        """Say how it is."""
        return {
            "alive": self.thread.is_alive() and not self.error,
            "error": self.error,
            "account": self.service.account(),
            "found": list(self.guard.found),
            "lines": self.lines.count,
            "log_bytes": self.lines.bytes,
            "longest": self.lines.longest,
            "log": self.lines.kept[-20:],
            "grown": memory("VmHWM") - self.before,
            "held": memory("VmRSS") - self.before,
            "failures": self.failures.number,
        }

    def await_run(self, uid: str, seconds: float) -> dict[str, Any]:
        """Wait until a run has ended in the first job, and say where its result is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.thread.is_alive():
            for one in reversed(self.jobs[0].finished):
                if one.summary.run.uid == uid:
                    return {"places": one.places, "verdict": one.summary.verdict, **self.status()}
            time.sleep(0.002)
        return {"places": [], "verdict": ["missing", ""], **self.status()}

    def stop(self) -> dict[str, Any]:
        """End it, and say how it went."""
        self.service.stop()
        self.thread.join(60)
        stopped = not self.thread.is_alive()
        self.server.close()
        for job in self.jobs:
            job.close()
        return {**self.status(), "stopped": stopped}


def main() -> None:
    """Work off commands."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # to see where it is, if it hangs
    watched = Watched(json.loads(sys.argv[1]))
    answer(watched.begin())
    for line in sys.stdin:
        command, *rest = line.split(" ")
        if command == "await":
            answer(watched.await_run(rest[0], float(rest[1])))
        elif command.strip() == "status":
            answer(watched.status())
        else:
            answer(watched.stop())
            return


def answer(value: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
