"""The table: a figure, its spread over the rounds, the floor of the same rounds, the ratio, the aim."""

import statistics
import sys
from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """One figure. `least` is an aim for the ratio (or for the figure, where there is none), `most` for the
    figure, `most_ratio` for the ratio; `ratios` are those of each round."""

    name: str
    figures: Sequence[float]
    floor: Sequence[float] | None = None
    ratios: Sequence[float] | None = None
    least: float | None = None
    most: float | None = None
    most_ratio: float | None = None


_HEAD = ("", "median", "min – max", "floor", "ratio", "aim", "")


def show(lines: Sequence[Line]) -> None:
    """Write the table to standard output."""
    rows = [_HEAD, *map(_row, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _row(line: Line) -> tuple[str, ...]:
    median = statistics.median(line.figures)
    ratio = statistics.median(line.ratios) if line.ratios else None
    return (
        line.name,
        _number(median),
        f"{_number(min(line.figures))} – {_number(max(line.figures))}" if len(line.figures) > 1 else "",
        _number(statistics.median(line.floor)) if line.floor else "",
        _number(ratio) if ratio is not None else "",
        *_aim(line, median if ratio is None else ratio, median),
    )


def _aim(line: Line, compared: float, median: float) -> tuple[str, str]:
    if line.least is not None:
        return f"≥ {_number(line.least)}", "yes" if compared >= line.least else "NO"
    if line.most_ratio is not None:
        return f"≤ {_number(line.most_ratio)}", "yes" if compared <= line.most_ratio else "NO"
    if line.most is not None:
        return f"≤ {_number(line.most)}", "yes" if median <= line.most else "NO"
    return "", ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
