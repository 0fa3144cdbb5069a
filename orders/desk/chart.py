"""A chart of bars as the server draws it: places in per cent of its width and in pixels.

Nothing in it is measured in the browser, so that it keeps the size of its letters at any width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

HEIGHT = 180
_MOST_STEPS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A day's value, what it was before, and how they are called where the pointer rests."""

    label: str
    words: str
    value: Decimal
    before: Decimal


@dataclass(frozen=True, slots=True)
class Bar:
    """`x`, `width`, `end` and `middle` in per cent, the others in pixels from the top.

    `before` is None where there was nothing.
    """

    x: str
    width: str
    end: str
    middle: str
    top: int
    height: int
    before: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """A date below the bars; every second one gives way where it is narrow."""

    x: str
    text: str
    is_spare: bool


@dataclass(frozen=True, slots=True)
class Chart:
    height: int
    bars: list[Bar]
    ticks: list[tuple[int, str]]
    labels: list[Label]

    @property
    def full_height(self) -> int:
        """With its dates."""
        return self.height + 28


def draw(points: Sequence[Point], tick_words: Callable[[Decimal], str], *, whole: bool) -> Chart:
    """Bars for the points, oldest first; `whole` where a value is a count."""
    highest = max(max(point.value, point.before) for point in points)
    step = step_for(highest, whole=whole)
    steps = max(1, int((highest / step).to_integral_value(ROUND_CEILING)))
    top = step * steps

    def y(value: Decimal) -> int:
        return HEIGHT - int(max(value, Decimal(0)) * HEIGHT / top)

    each = Decimal(100) / len(points)
    bars = [
        Bar(
            x=_percent(each * index + each / 8),
            width=_percent(each * 3 / 4),
            end=_percent(each * index + each * 7 / 8),
            middle=_percent(each * index + each / 2),
            top=y(point.value),
            height=HEIGHT - y(point.value),
            before=y(point.before) if point.before else None,
            words=point.words,
        )
        for index, point in enumerate(points)
    ]
    ticks = [(y(step * number), tick_words(step * number)) for number in range(steps + 1)]
    return Chart(HEIGHT, bars, ticks, _labels(points, bars))


def step_for(highest: Decimal, *, whole: bool) -> Decimal:
    """The smallest of 1, 2 and 5 times a power of ten by which few steps reach the highest."""
    # Where nothing was sold the scale says so in whole units too.
    step = Decimal(1) if whole or not highest else Decimal("0.01")
    while True:
        for factor in (1, 2, 5):
            if step * factor * _MOST_STEPS >= highest:
                return step * factor
        step *= 10


def _labels(points: Sequence[Point], bars: Sequence[Bar]) -> list[Label]:
    """Today, and days before it at equal distances."""
    distance = {7: 1, 30: 7}.get(len(points), 15)
    chosen = range(len(points) - 1, -1, -distance)
    return [
        Label(bars[index].middle, points[index].label, is_spare=bool(number % 2))
        for number, index in enumerate(chosen)
    ]


def _percent(value: Decimal) -> str:
    return f"{value:.3f}%"
