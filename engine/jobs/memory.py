"""How much memory this process has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["memory_used"]

_STATM = Path("/proc/self/statm")


def memory_used() -> int:
    """Give the bytes of memory that the process has now; where the system does not say, the most it has had."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
