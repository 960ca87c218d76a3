"""The catalogue: every node type, one file per family."""

if __name__ != "headrace.nodes":
    problem = "import headrace.nodes, not 'nodes'"
    raise ImportError(problem)

from headrace.nodes.accumulators import (
    accumulate,
    binned,
    covariance,
    exponential_mean,
    histogram,
    last_values,
    quantile,
    reservoir,
    statistics,
    top_shots,
)
from headrace.nodes.auto_masks import auto_mask
from headrace.nodes.backgrounds import background, background_subtract
from headrace.nodes.bad_pixels import hot_pixels
from headrace.nodes.corrections import adu_to_energy, clip, flat_field, threshold_cut
from headrace.nodes.darks import dark
from headrace.nodes.diffraction import geometry, polarization
from headrace.nodes.exports import export
from headrace.nodes.filters import (
    count_in_range,
    filter,
    in_range,
    motor_speed,
    sample,
    shutter_open,
    throttle,
    unique,
)
from headrace.nodes.frames import average, dark_subtract
from headrace.nodes.integration import integrate, integrate_2d
from headrace.nodes.maps import crystal_map
from headrace.nodes.masks import (
    apply_mask,
    combine_masks,
    mask_edges,
    mask_file,
    mask_polygon,
    mask_range,
)
from headrace.nodes.peaks import link, locate
from headrace.nodes.plots import plot
from headrace.nodes.points import (
    compute,
    correlation,
    delay,
    difference,
    linear,
    normalize,
    normalized_mean,
)
from headrace.nodes.profile_values import nearest, peak_window
from headrace.nodes.profiles import line_cut, projection, radial_profile
from headrace.nodes.regions import roi
from headrace.nodes.scans import mosaic, to_grid, waterfall
from headrace.nodes.shapes import crop, flip, rebin, rotate, rotate_by_angle
from headrace.nodes.sinks import sink
from headrace.nodes.smoothing import gaussian_filter, median_filter
from headrace.nodes.sources import latest, source
from headrace.nodes.tables import columns, positions, select, top, window_means
from headrace.nodes.windows import crystal_windows

__all__ = [
    "accumulate",
    "adu_to_energy",
    "apply_mask",
    "auto_mask",
    "average",
    "background",
    "background_subtract",
    "binned",
    "clip",
    "columns",
    "combine_masks",
    "compute",
    "correlation",
    "count_in_range",
    "covariance",
    "crop",
    "crystal_map",
    "crystal_windows",
    "dark",
    "dark_subtract",
    "delay",
    "difference",
    "exponential_mean",
    "export",
    "filter",
    "flat_field",
    "flip",
    "gaussian_filter",
    "geometry",
    "histogram",
    "hot_pixels",
    "in_range",
    "integrate",
    "integrate_2d",
    "last_values",
    "latest",
    "line_cut",
    "linear",
    "link",
    "locate",
    "mask_edges",
    "mask_file",
    "mask_polygon",
    "mask_range",
    "median_filter",
    "mosaic",
    "motor_speed",
    "nearest",
    "normalize",
    "normalized_mean",
    "peak_window",
    "plot",
    "polarization",
    "positions",
    "projection",
    "quantile",
    "radial_profile",
    "rebin",
    "reservoir",
    "roi",
    "rotate",
    "rotate_by_angle",
    "sample",
    "select",
    "shutter_open",
    "sink",
    "source",
    "statistics",
    "threshold_cut",
    "throttle",
    "to_grid",
    "top",
    "top_shots",
    "unique",
    "waterfall",
    "window_means",
]
