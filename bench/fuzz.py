"""Random messages that are nearly good, for as long as wanted, beside good runs, at a real service behind a real proxy.

The service runs in a process of its own with journal, results on disk and its control server, watched by Python's
audit events: whatever a message brings about, nothing may be executed, no file read outside the allowed folder, none
written outside results and journal; each good run must come out bit for bit as in batch; memory must stay bounded.

    python bench/fuzz.py --minutes 10
    python bench/fuzz.py --minutes 1 --seed 7      # the same messages again

Messages after which something was wrong are kept in the folder that is named at the end (--keep); each file holds the
messages of a batch as a pickled list of lists of frames, written by this program and by nobody else. The exit code is
1 if there were any.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.hostile.campaign import Campaign
from tests.hostile.corpus import corpus
from tests.hostile.files import lay_out
from tests.hostile.message import Hostile, Stage
from tests.hostile.mutations import Message, Mutations
from tests.hostile.opened_files import OpenedFiles
from tests.hostile.service_process import GuardedService

AT_ONCE = 200
MOST_GROWTH = 2 << 30


class Fuzzing:
    """One service after the other, until the time is over."""

    def __init__(self, folder: Path, keep: Path, seed: int) -> None:
        self.folder, self.keep, self.seed = folder, keep, seed
        self.stage: Stage = lay_out(folder)
        self.opened = OpenedFiles(self.stage.outside)
        self.mutations = Mutations(self.stage, seed)
        self.known = corpus(self.stage)
        self.random = random.Random(seed)
        self.sent = self.refused = self.passed_over = self.failed = self.batches = self.services = 0
        self.slowest = self.most = 0.0
        self.problems: list[str] = []

    def batch(self) -> list[Message]:
        """Give the next messages, one of the corpus among them."""
        whole = [self.mutations.message() for _ in range(AT_ONCE)]
        small = [one for one in self.known if one.size < 1_000_000]
        return [*whole, *self.random.choice(small).messages]

    def work(self, until: float) -> None:
        """Send messages to a service until something is wrong, or the time is over."""
        self.services += 1
        work = self.folder / f"service-{self.services}"
        (work / "work").mkdir(parents=True)
        with ExitStack() as stack:
            service = stack.enter_context(GuardedService(work / "work", self.stage, journal=self.services % 2 == 1))
            campaign = Campaign(service, work)
            while time.monotonic() < until:
                messages = self.batch()
                problem = self.one(campaign, messages)
                if problem:
                    self.report(problem, messages)
                    return
            ended = service.stop()
            if not ended["stopped"] or ended["error"]:
                self.report(f"it did not end in order: {ended['error']}", [])

    def one(self, campaign: Campaign, messages: list[Message]) -> str:
        """Send a batch; give what was wrong."""
        began = time.monotonic()
        try:
            before, after = campaign.beside([Hostile("mutants", tuple(messages), "taken")])
        except AssertionError as error:
            return f"{error}"[:2000] or "the good run is missing"
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.most = max(self.most, float(after["grown"]))
        self.sent += len(messages)
        self.batches += 1
        accounts = [one["account"] for one in (before, after)]
        self.refused += accounts[1]["refused"] - accounts[0]["refused"]
        self.passed_over += accounts[1]["lanes"][0]["passed_over"] - accounts[0]["lanes"][0]["passed_over"]
        self.failed += after["failures"] - before["failures"]
        return self.wrong(after["found"], after["grown"])

    def wrong(self, found: list[str], grown: float) -> str:
        """Say what must not be."""
        if found:
            return f"out of order: {found[:5]}"
        if self.stage.canary.exists():
            self.stage.canary.unlink()
            return "something was executed"
        names = self.opened.names()
        if names:
            return f"opened outside what is allowed: {sorted(names)}"
        return f"the memory grew by {grown / 1e6:.0f} MB" if grown > MOST_GROWTH else ""

    def report(self, problem: str, messages: list[Message]) -> None:
        """Take note of a problem and keep the messages."""
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"seed-{self.seed}-batch-{self.batches}.pickle"
        path.write_bytes(pickle.dumps(messages))
        self.problems.append(f"batch {self.batches}: {problem}\n    messages in {path}")
        print(self.problems[-1], flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        fuzzing = Fuzzing(Path(folder), given.keep, given.seed)
        until = time.monotonic() + given.minutes * 60
        while time.monotonic() < until:
            fuzzing.work(until)
        fuzzing.opened.close()
    print(
        f"{fuzzing.sent} messages in {fuzzing.batches} batches, each beside a good run: {fuzzing.refused} refused, "
        f"{fuzzing.passed_over} passed over, {fuzzing.failed} failures of nodes; the slowest batch took "
        f"{fuzzing.slowest:.1f} s, memory grew by {fuzzing.most / 1e6:.0f} MB at most; {len(fuzzing.problems)} problems"
    )
    return 1 if fuzzing.problems else 0


if __name__ == "__main__":
    sys.exit(main())
