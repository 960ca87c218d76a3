"""What a journal costs: milliseconds per document on the receiving side, with and without it, and reading it back.

python bench/journal.py [FOLDER]    (on the disk where the journal will be; a temporary folder otherwise)
"""

from __future__ import annotations

import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from headrace.engine.documents.journal import Journal
from headrace.engine.documents.journal_bounds import Bounds
from headrace.engine.documents.journal_store import JournalStore
from headrace.engine.documents.raw_parts import pack_parts, unpack_parts
from headrace.engine.documents.wire import decode_body

IMAGES = 200
SMALL = 50_000


def documents(image: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a run whose events hold this."""
    yield "start", {"uid": "r", "time": 0.0}
    yield "descriptor", {"uid": "d", "run_start": "r", "data_keys": {}, "name": "primary"}
    number = 0
    while True:
        number += 1
        data = {"image": image}
        yield "event", {"uid": f"e{number}", "descriptor": "d", "seq_num": number, "data": data, "timestamps": {}}


@contextmanager
def journal_in(folder: Path) -> Iterator[Journal]:
    """Open a journal that keeps 1 GB."""
    with tempfile.TemporaryDirectory(dir=folder) as place, Journal(place, Bounds(10**9)) as journal:
        yield journal


def spent(times: list[float]) -> str:
    """Say the median and the slowest 1 %."""
    times = sorted(times)
    return f"{statistics.median(times) * 1e3:8.3f} ms median, {times[int(len(times) * 0.99)] * 1e3:8.3f} ms p99"


def receive(
    folder: Path, label: str, image: Any, count: int, pack: Callable[[Any], Any], read: Callable[..., Any]
) -> None:
    """Measure decoding, writing to the journal, and writing as many bytes to a plain file."""
    decoding: list[float] = []
    writing: list[float] = []
    plain: list[float] = []
    with journal_in(folder) as journal, tempfile.TemporaryFile(dir=folder) as file:
        for number, (name, doc) in enumerate(documents(image)):
            parts = pack(doc)
            begin = time.perf_counter()
            decoded = read(parts)
            middle = time.perf_counter()
            journal.append(b"raw", name, parts, decoded)
            decoding.append(middle - begin)
            end = time.perf_counter()
            writing.append(end - middle)
            os.writev(file.fileno(), parts)
            plain.append(time.perf_counter() - end)
            if number % 30 == 29:
                os.ftruncate(file.fileno(), 0)  # as segments come and go
                os.lseek(file.fileno(), 0, os.SEEK_SET)
            if number == count:
                break
        space = " " * len(label)
        print(f"{label}: decode     {spent(decoding[10:])}")
        print(f"{space}  journal    {spent(writing[10:])}")
        print(f"{space}  plain file {spent(plain[10:])}")
        begin = time.perf_counter()
        read_back = sum(1 for _ in journal.documents("r"))
        each = (time.perf_counter() - begin) / read_back
        print(f"{space}  read back  {each * 1e3:8.3f} ms each, checked and decoded")
        begin = time.perf_counter()
        JournalStore(journal.folder).runs()
        print(f"{space}  gone through by another program in {time.perf_counter() - begin:.3f} s")


def main() -> None:
    """Measure."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir())
    image = np.random.default_rng(0).integers(0, 4096, (2048, 2048)).astype("<u2")
    image.setflags(write=False)

    def raw(doc: Any) -> list[Any]:
        body, arrays = pack_parts(doc)
        return [body, *(memoryview(array).cast("B") for array in arrays)]

    def whole(parts: Any) -> Any:
        return unpack_parts(parts[0], parts[1:]) if len(parts) > 1 else decode_body(parts[0])

    def pickled(doc: Any) -> list[Any]:
        return [pickle.dumps(doc)]

    receive(folder, "2048 x 2048 uint16, pickle  ", image, IMAGES, pickled, whole)
    receive(folder, "2048 x 2048 uint16, raw form", image, IMAGES, raw, whole)
    receive(folder, "one number                  ", 1.0, SMALL, pickled, whole)


if __name__ == "__main__":
    main()
