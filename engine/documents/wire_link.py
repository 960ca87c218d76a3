"""Tell whether a 0MQ socket has its peer: 0MQ itself connects in the background and keeps silent about it."""

from __future__ import annotations

import time
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

__all__ = ["Link"]


_REFUSED = {
    int(zmq.EVENT_HANDSHAKE_FAILED_AUTH): "it does not know our key",
    int(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL): "one side wants CURVE keys, the other does not, or it speaks no 0MQ",
    int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL): "it broke off, as if there were no CURVE keys, or other ones",
}


class Link:
    """Watches one socket that connects to one peer.

    Make it before the socket connects; close it before the socket.

    Notes
    -----
    Not thread-safe: use it in the thread that uses the socket.

    Attributes
    ----------
    connected
        Whether the peer was there and speaking 0MQ at the last `update`.
    refusal
        Why the peer and we did not come together when it was tried last; empty if nothing is known.
    connections
        How often the peer came, the first time included.
    events
        The socket on which news of the connection arrives, to be polled.
    """

    def __init__(self, watched: zmq.Socket[bytes]) -> None:
        self.connected = False
        self.connections = 0
        self.refusal = ""
        self._watched = watched
        self.events: zmq.Socket[bytes] = watched.get_monitor_socket(
            sum(_REFUSED, zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        )

    def update(self) -> None:
        """Take in the news that has arrived."""
        while self.events.poll(0):
            news: dict[str, Any] = dict(recv_monitor_message(self.events))
            self.connected = news["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
            self.connections += self.connected
            if news["event"] != zmq.EVENT_DISCONNECTED:
                self.refusal = _REFUSED.get(int(news["event"]), "")

    def wait(self, seconds: float) -> bool:
        """Wait until the peer is there, and tell whether it is."""
        deadline = time.monotonic() + seconds
        while not self.connected:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.events.poll(max(1, int(left * 1000)))
            self.update()
        return self.connected

    def advice(self, port: str) -> str:
        """Say why the peer may not be there, and what to look at; ``port`` is the one of a proxy, in or out."""
        if self.refusal:
            return f"Something is there, but the connection is refused: {self.refusal}"
        return f"Is a proxy (headrace proxy or bluesky-0MQ-proxy) running, and is this its {port}-port?"

    def close(self) -> None:
        """Stop watching."""
        self._watched.disable_monitor()
        self.events.close(linger=0)  # or the context would wait for it for ever
