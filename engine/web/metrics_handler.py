"""``/metrics``: the numbers for Prometheus."""

from __future__ import annotations

from headrace.engine.web.handler import Handler
from headrace.engine.web.metrics import metrics_text

__all__ = ["ROUTES", "MetricsHandler"]


class MetricsHandler(Handler):
    """The numbers as Prometheus text."""

    def get(self) -> None:
        """Answer in the text format 0.0.4."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(metrics_text(self.site.monitor.status(), self.site.monitor.totals()))


ROUTES = [(r"/metrics", MetricsHandler)]
