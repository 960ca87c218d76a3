"""From asset documents to arrays: finds the reader for a spec or a mimetype and the file for a path."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets.allowed import refuse_forbidden
from headrace.engine.documents.assets.hdf5 import AD_DATASET, Hdf5Files
from headrace.engine.documents.assets.npy import read_npy
from headrace.engine.documents.assets.patience import Patience
from headrace.engine.documents.assets.places import find_file, path_of_uri
from headrace.engine.documents.assets.rows import Rows, rows_of_datum, rows_of_point
from headrace.engine.documents.assets.sequences import classic_name, stream_name
from headrace.engine.documents.assets.settings import AssetSettings
from headrace.engine.documents.assets.tiff import read_tiff
from headrace.engine.model.errors import DocumentError

__all__ = ["AssetReader"]

Document = Mapping[str, Any]

_MOST_FILES = 10_000
_MOST_BYTES = 1 << 32


class AssetReader:
    """Reads the values that asset documents point to.

    Parameters
    ----------
    settings
        Where files are and how long they are waited for.

    Notes
    -----
    Safe to use from several threads. Files stay open between reads (a bounded number) until `close`.
    """

    def __init__(self, settings: AssetSettings | None = None) -> None:
        self._settings = settings or AssetSettings()
        self._patience = Patience(self._settings)
        self._hdf5 = Hdf5Files(
            self._settings.max_open,
            growing=self._settings.patience > 0,
            check=lambda path: refuse_forbidden(path, self._settings),
        )
        self._specs: dict[str, Callable[[str, Document, Document], Any]] = {
            "AD_HDF5": self._ad_hdf5,
            "AD_HDF5_SWMR": self._ad_hdf5,  # the file itself says whether it is being written so
            "AD_TIFF": self._ad_tiff,
            "NPY_SEQ": self._npy_seq,
        }
        self._mimetypes: dict[str, Callable[[Document, int, tuple[int, ...]], Any]] = {
            "application/x-hdf5": self._stream_hdf5,
            "multipart/related;type=application/x-npy": partial(self._stream_files, read=read_npy),
            "multipart/related;type=image/tiff": partial(self._stream_files, read=read_tiff),
        }

    def datum(self, resource: Document, datum: Document) -> Any:
        """Read the array that a datum document points to.

        Parameters
        ----------
        resource
            The resource document.
        datum
            One of its datum documents.

        Returns
        -------
        numpy.ndarray
            Frames first for AD_HDF5 and AD_TIFF (their number is ``frame_per_point``).

        Raises
        ------
        DocumentError
            If there is no reader for the spec, or the documents lack something.
        NotReachableError
            If the file or the rows aren't there, also after waiting.
        """
        read = self._specs.get(str(resource.get("spec")))
        if read is None:
            unknown = _unknown("spec", resource.get("spec"), resource, self._specs)
            raise unknown
        root, path = str(resource.get("root") or ""), str(resource.get("resource_path") or "")
        where = str(Path(root) / path) if root else path
        kwargs, which = resource.get("resource_kwargs") or {}, datum.get("datum_kwargs") or {}
        try:
            return self._patience.attempt(str(resource.get("uid")), lambda: read(where, kwargs, which))
        except KeyError as error:
            message = f"datum {datum.get('datum_id')} or its {resource['spec']} resource lacks {error}"
            raise DocumentError(message) from error

    def row(self, resource: Document, index: int, data_key: Document) -> Any:
        """Read one datum of a stream resource.

        Parameters
        ----------
        resource
            The stream resource document.
        index
            Number of the datum in it, counted from 0.
        data_key
            The entry of the descriptor for its data key.

        Returns
        -------
        numpy.ndarray
            In the declared shape, if it has that many values.

        Raises
        ------
        DocumentError
            If there is no reader for the mimetype, or the documents lack something.
        NotReachableError
            If the file or the rows aren't there, also after waiting.
        """
        read = self._mimetypes.get(str(resource.get("mimetype")))
        if read is None:
            unknown = _unknown("mimetype", resource.get("mimetype"), resource, self._mimetypes)
            raise unknown
        declared = tuple(int(size or 0) for size in data_key.get("shape") or ())
        try:
            value = self._patience.attempt(str(resource.get("uid")), lambda: read(resource, index, declared))
        except KeyError as error:
            message = f"stream resource {resource.get('uid')} lacks {error}"
            raise DocumentError(message) from error
        fits = declared != value.shape and math.prod(declared) == value.size
        return value.reshape(declared) if fits else value

    def close(self) -> None:
        """Close all files. Reading goes on to work: it opens them again."""
        self._hdf5.close()

    def _ad_hdf5(self, path: str, kwargs: Document, datum: Document) -> Any:
        rows = rows_of_point(int(datum["point_number"]), int(kwargs.get("frame_per_point", 1)))
        dataset = str(kwargs.get("dataset") or kwargs.get("path") or AD_DATASET)
        return self._read_hdf5(path, dataset, lambda shape: rows)

    def _ad_tiff(self, path: str, kwargs: Document, datum: Document) -> Any:
        import numpy as np

        frames = int(kwargs.get("frame_per_point", 1))
        first = int(datum["point_number"]) * frames
        folder, template, name = str(Path(path)) + "/", str(kwargs["template"]), str(kwargs["filename"])
        files = (classic_name(template, folder, name, first + i) for i in range(_sound_count(frames)))
        return np.stack(self._read_files(files, read_tiff))

    def _npy_seq(self, path: str, kwargs: Document, datum: Document) -> Any:
        return self._read_file(f"{path}_{int(datum['index'])}.npy", read_npy)

    def _stream_hdf5(self, resource: Document, index: int, declared: tuple[int, ...]) -> Any:
        parameters = resource["parameters"]
        dataset = str(parameters.get("dataset") or parameters["path"])
        frames = int(parameters.get("multiplier") or parameters.get("frame_per_point") or 0)
        rows = partial(rows_of_datum, index=index, declared=declared, frames=frames)
        return self._read_hdf5(path_of_uri(str(resource["uri"])), dataset, rows)

    def _stream_files(
        self, resource: Document, index: int, declared: tuple[int, ...], *, read: Callable[[Path], Any]
    ) -> Any:
        import numpy as np

        parameters = resource["parameters"]
        count = _sound_count(_files_per_datum(parameters, declared))
        uri, name = path_of_uri(str(resource["uri"])), str(parameters.get("filename", ""))
        names = (stream_name(str(parameters["template"]), name, index * count + i) for i in range(count))
        values = self._read_files((_joined(uri, file) for file in names), read)
        return values[0] if count == 1 else np.concatenate([_as_stack(v, declared) for v in values])

    def _read_hdf5(self, path: str, dataset: str, rows: Callable[[tuple[int, ...]], Rows]) -> Any:
        return self._hdf5.read(find_file(path, self._settings), dataset, rows)

    def _read_file(self, path: str, read: Callable[[Path], Any]) -> Any:
        return read(find_file(path, self._settings))

    def _read_files(self, paths: Iterable[str], read: Callable[[Path], Any]) -> list[Any]:
        """Read several files, unless they are more than any value holds: a template may name one file many times."""
        values, size = [], 0
        for path in paths:
            values.append(self._read_file(path, read))
            size += values[-1].nbytes
            if size > _MOST_BYTES:
                message = f"a value in several files, {path} the last of them, has more than {_MOST_BYTES} bytes"
                raise DocumentError(message)
        return values


def _sound_count(number: int) -> int:
    """Give a number of files that hold one value, if it makes sense."""
    if not 0 <= number <= _MOST_FILES:
        message = f"{number} files are said to hold one value; expected at most {_MOST_FILES}"
        raise DocumentError(message)
    return number


def _unknown(what: str, found: object, resource: Document, known: Mapping[str, object]) -> DocumentError:
    message = f"no reader for {what} {found!r} of resource {resource.get('uid')}"
    return DocumentError(f"{message}; known are {', '.join(sorted(known))}")


def _files_per_datum(parameters: Document, declared: tuple[int, ...]) -> int:
    """Count the files that hold one datum: a file holds ``chunk_shape[0]`` frames, or the whole datum."""
    if given := parameters.get("files_per_datum"):
        return int(given)
    if frames := parameters.get("multiplier") or parameters.get("frame_per_point"):
        return int(frames)
    chunk = tuple(parameters.get("chunk_shape") or ())
    if len(chunk) == len(declared) > 0 and chunk[1:] == declared[1:]:
        return max(declared[0] // int(chunk[0]), 1)
    return 1


def _joined(uri: str, name: str) -> str:
    return uri.rstrip("/") + name if name.startswith("/") else uri + name


def _as_stack(value: Any, declared: tuple[int, ...]) -> Any:
    return value[None] if len(declared) > value.ndim else value
