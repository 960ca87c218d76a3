"""Check that the wheel holds one package, headrace, whole, and that the sdist builds the same wheel."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def contents(wheel: Path) -> dict[str, bytes]:
    """Give file name to content, leaving out the record, which holds hashes in an order of its own."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def expected() -> set[str]:
    """Give what git knows of the package, as it must stand in the wheel."""
    listed = subprocess.run(
        ["git", "ls-files", "src/headrace", "engine", "nodes", "graphs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    links = {"src/headrace/engine", "src/headrace/nodes", "src/headrace/graphs"}
    names = (name for name in listed if name not in links)
    return {name.removeprefix("src/") if name.startswith("src/") else f"headrace/{name}" for name in names}


def main(wheel: Path, sdist: Path) -> None:
    """Compare, and say what differs."""
    files = contents(wheel)
    tops = {name.split("/")[0] for name in files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"headrace"}, f"wheel has top level {tops}"
    packaged = {name for name in files if name.startswith("headrace/")}
    assert packaged == expected(), f"wheel and git differ: {sorted(packaged ^ expected())}"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, str(sdist)], check=True
        )
        again = contents(next(Path(folder).glob("*.whl")))
    assert again == files, f"the sdist builds another wheel: {sorted(set(again) ^ set(files))}"
    print(f"{wheel.name}: {len(packaged)} files, the same from the sdist")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
