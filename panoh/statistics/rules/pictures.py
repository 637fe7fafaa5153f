"""Small pictures, drawn here: shapes only, in the colour of the text beside them."""

from collections.abc import Sequence

WIDTH, HEIGHT = 240, 16


def interval(
    low: float, high: float | None, scale: tuple[float, float], point: float | None
) -> str:
    """A bar from ``low`` to ``high`` on a ``scale``; to the edge where there is no upper limit. A
    thin line stands at ``point``, if one may be shown."""
    left, right = _at(low, scale), _at(scale[1] if high is None else high, scale)
    shapes = [
        f'<rect x="0" y="7" width="{WIDTH}" height="2" fill="currentColor" opacity="0.2"/>',
        f'<rect x="{left}" y="4" width="{max(2, right - left)}" height="8" fill="currentColor"'
        ' opacity="0.55"/>',
    ]
    if point is not None:
        shapes.append(
            f'<rect x="{_at(point, scale)}" y="0" width="2" height="16" fill="currentColor"/>'
        )
    return _picture(shapes)


def share(value: float, largest: float) -> str:
    """A bar whose length is ``value`` of ``largest``."""
    width = round(WIDTH * value / largest) if largest > 0 else 0
    return _picture([f'<rect x="0" y="3" width="{width}" height="10" fill="currentColor"/>'])


def _at(value: float, scale: tuple[float, float]) -> int:
    low, high = scale
    inside = min(max(value, low), high)
    return round((WIDTH - 2) * (inside - low) / (high - low)) if high > low else 0


def _picture(shapes: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" height="{HEIGHT}" '
        'preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        + "".join(shapes)
        + "</svg>"
    )
