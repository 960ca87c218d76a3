"""The asset documents of one run: what its events point to, and the reader that follows the pointers."""

from __future__ import annotations

from headrace.engine.documents.assets import AssetReader
from headrace.engine.documents.pages import Document
from headrace.engine.model.errors import DocumentError

__all__ = ["AssetBook"]


class AssetBook:
    """Remembers resource, datum and stream resource documents by their uid and reads what they point to.

    Parameters
    ----------
    reader
        Reads the files.
    """

    def __init__(self, reader: AssetReader) -> None:
        self.reader = reader
        self._documents: dict[tuple[str, str], Document] = {}  # (kind, uid) -> document

    def add(self, kind: str, doc: Document) -> bool:
        """Note a document down; False if one of this kind and uid is noted already."""
        key = (kind, str(doc["datum_id"] if kind == "datum" else doc["uid"]))
        known = key in self._documents
        self._documents.setdefault(key, doc)
        return not known

    def get(self, kind: str, uid: str) -> Document | None:
        """Give a document, or None if it hasn't come."""
        return self._documents.get((kind, uid))

    def can_read(self, datum_id: str) -> bool:
        """Say whether a datum and its resource are known."""
        datum = self.get("datum", datum_id)
        return datum is not None and self.get("resource", datum["resource"]) is not None

    def read_datum(self, datum_id: str, where: str) -> object:
        """Read the array of a datum.

        Parameters
        ----------
        datum_id
            Its identity.
        where
            Event and field, for the message.

        Raises
        ------
        DocumentError
            If its documents never came, or there is no reader for them.
        """
        datum = self.get("datum", datum_id)
        resource = None if datum is None else self.get("resource", datum["resource"])
        if datum is None or resource is None:
            lacking = "datum" if datum is None else "resource"
            message = f"{where}: the {lacking} document for datum {datum_id!r} never came, so it can't be read"
            raise DocumentError(message)
        return self.reader.datum(resource, datum)

    def read_row(self, resource_uid: str, index: int, data_key: Document) -> object:
        """Read a datum of a stream resource by its number."""
        resource = self.get("stream_resource", resource_uid)
        if resource is None:  # rows are only taken in after their resource
            message = f"the stream_resource document {resource_uid!r} never came"
            raise DocumentError(message)
        return self.reader.row(resource, index, data_key)
