"""``/api/status``: how the jobs are doing."""

from __future__ import annotations

from headrace.engine.web.handler import Handler

__all__ = ["ROUTES", "StatusHandler"]


class StatusHandler(Handler):
    """How the jobs are doing, as JSON."""

    def get(self) -> None:
        """Answer with a `headrace.engine.jobs.status.Status`."""
        self.answer(self.site.monitor.status().to_dict())


ROUTES = [(r"/api/status", StatusHandler)]
