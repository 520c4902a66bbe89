"""Charts of the figures: lines over their sizes, drawn as SVG by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

_COLOURS = ("#1b6ca8", "#c8553d", "#588157", "#7b4b94", "#b08900", "#555555")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 340, 64, 150, 40, 48

Series = Mapping[str, Sequence[tuple[float, float]]]


def draw(
    path: Path,
    title: str,
    series: Series,
    scale: Callable[[float], float] = float,
) -> None:
    """Draw lines from 0 upwards, each with its name at its end.

    Args:
      path: Of the SVG.
      title: Stands above it.
      series: The points of each line, by its name.
      scale: Of the values across.
    """
    points = [point for line in series.values() for point in line]
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    top = max(y for _, y in points) * 1.1

    def place(x: float, y: float) -> tuple[float, float]:
        width = scale(high) - scale(low)
        across = (scale(x) - scale(low)) / width if width else 0.5
        return (
            round(_LEFT + across * (_WIDTH - _LEFT - _RIGHT), 1),
            round(_HEIGHT - _BOTTOM - y / top * (_HEIGHT - _TOP - _BOTTOM), 1),
        )

    drawn = [f'<text x="{_LEFT}" y="22" font-weight="bold">{escape(title)}</text>']
    for tick in range(5):
        value = top * tick / 4
        _, y = place(low, value)
        drawn.append(
            f'<path d="M{_LEFT} {y}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value:.0f}</text>'
        )
    for value in sorted({x for x, _ in points}):
        x, _ = place(value, 0)
        drawn.append(
            f'<text x="{x}" y="{_HEIGHT - 24}" text-anchor="middle">{value:,.0f}</text>'
        )
    for number, (name, line) in enumerate(series.items()):
        drawn += _line(name, [place(*point) for point in line], number)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" '
        f'fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


def _line(name: str, line: Sequence[tuple[float, float]], number: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    path = " ".join(f"{x},{y}" for x, y in line)
    x, y = line[-1]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in line),
        f'<text x="{x + 10}" y="{y + 4}" fill="{colour}">{escape(name)}</text>',
    ]
