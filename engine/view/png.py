"""A graph as a PNG picture: its SVG picture, painted by resvg with a font that comes along."""

from __future__ import annotations

from pathlib import Path

from headrace.engine.view.rendered import Rendered
from headrace.engine.view.svg import to_svg

__all__ = ["to_png"]

_FONT = "DejaVu Sans"
_FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSans-BoldOblique.ttf")
_MOST_PIXELS = 16_000


def to_png(rendered: Rendered, *, scale: float = 2.0) -> bytes:
    r"""Paint a graph as a PNG picture.

    Letters are those of matplotlib's DejaVu Sans, so that the picture is the same on every machine; letters that it
    does not have (Chinese, say) are taken from the fonts of the system, if there are any.

    Parameters
    ----------
    rendered
        The graph.
    scale
        Pixels of the picture for each pixel of the SVG picture; fewer for very large graphs.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> to_png(Rendered("mean", nodes=(RenderedNode("n1", "mean", "average"),)))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    import re

    import resvg_py
    from matplotlib import get_data_path

    folder = Path(get_data_path()) / "fonts" / "ttf"
    svg = to_svg(rendered)
    sizes = [int(number) for number in re.findall(r' (?:width|height)="(\d+)"', svg[:300])]
    zoom = min([scale, *(_MOST_PIXELS / size for size in sizes if size)])
    painted = resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=zoom,
        font_files=[str(folder / face) for face in _FACES],
        style_sheet=f"text {{ font-family: '{_FONT}' }}",
        skip_system_fonts=svg.isascii(),
    )
    return bytes(painted)
