"""The table of peaks: the same columns and dtypes for every image, also without a peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["peak_columns", "peak_table"]


def peak_columns(*, per_axis_size: bool, per_axis_error: bool, characterize: bool) -> list[str]:
    """Give the columns of a table of peaks, in order, without ``frame``.

    Parameters
    ----------
    per_axis_size
        Whether the diameter differs along y and x, so that there are two sizes.
    per_axis_error
        Whether the position error differs along y and x.
    characterize
        Whether peaks are characterized beyond position and mass.

    Examples
    --------
    >>> peak_columns(per_axis_size=False, per_axis_error=False, characterize=True)
    ['y', 'x', 'mass', 'size', 'ecc', 'signal', 'raw_mass', 'ep']
    """
    if not characterize:
        return ["y", "x", "mass"]
    sizes = ["size_y", "size_x"] if per_axis_size else ["size"]
    errors = ["ep_y", "ep_x"] if per_axis_error else ["ep"]
    return ["y", "x", "mass", *sizes, "ecc", "signal", "raw_mass", *errors]


def peak_table(found: pd.DataFrame, columns: list[str], frame: int) -> pd.DataFrame:
    """Give trackpy's result as a table with fixed columns: float64, and an int64 column ``frame``.

    Parameters
    ----------
    found
        What ``trackpy.locate`` gave.
    columns
        The columns that it should have; those missing in an empty result are added.
    frame
        Number of the event.
    """
    import pandas as pd

    found = _mended(found)
    count = len(found)
    arrays: dict[str, Any] = {
        name: found[name].to_numpy(dtype=np.float64, copy=True) if count else np.empty(0) for name in columns
    }
    arrays["frame"] = np.full(count, frame, dtype=np.int64)
    return pd.DataFrame(arrays)


def _mended(found: pd.DataFrame) -> pd.DataFrame:
    """Put the two position errors of an anisotropic search back beside their peaks.

    trackpy joins them by index label although the peaks' labels have gaps after filtering: rows are then paired
    wrongly and rows without a peak appear. The errors themselves stand under the labels 0, 1, 2… in peak order.
    """
    errors = [name for name in ("ep_y", "ep_x") if name in found]
    if not errors:
        return found
    peaks = found[found["y"].notna()].copy()
    for name in errors:
        peaks[name] = found[name].loc[list(range(len(peaks)))].to_numpy()
    return peaks
