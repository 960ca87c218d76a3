"""A running job over HTTP: its status, its changes, its page."""
