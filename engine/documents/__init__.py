"""The bluesky boundary: documents in and out, live and stored."""
