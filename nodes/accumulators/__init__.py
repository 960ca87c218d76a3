"""Values over a whole run: reduced, counted by bin, or a few of them kept."""

from __future__ import annotations

from headrace.nodes.accumulators.binning import binned
from headrace.nodes.accumulators.covariances import covariance
from headrace.nodes.accumulators.fading import exponential_mean
from headrace.nodes.accumulators.histograms import histogram
from headrace.nodes.accumulators.keeping import last_values, reservoir, top_shots
from headrace.nodes.accumulators.quantiles import quantile
from headrace.nodes.accumulators.reducing import accumulate
from headrace.nodes.accumulators.summaries import statistics

__all__ = [
    "accumulate",
    "binned",
    "covariance",
    "exponential_mean",
    "histogram",
    "last_values",
    "quantile",
    "reservoir",
    "statistics",
    "top_shots",
]
