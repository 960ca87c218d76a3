"""Reading what documents only point to: detector files, one reader per format, opened when asked for."""

from __future__ import annotations

from headrace.engine.documents.assets.reader import AssetReader
from headrace.engine.documents.assets.settings import AssetSettings

__all__ = ["AssetReader", "AssetSettings"]
