"""Two charts as SVG text, for pages and paper: no script, no outside font, no style sheet."""

from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10

from dashboard.palette import LIGHT

WIDTH = 720
FONT = "Inter, 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic UI', 'Noto Sans JP', sans-serif"
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 10, 22


@dataclass(slots=True)
class Drawing:
    """Shapes in drawing order, in user units from the top left."""

    height: int
    parts: list[str] = field(default_factory=list)

    def box(self, corner: tuple[float, float], size: tuple[float, float], fill: str) -> None:
        (x, y), (width, height) = corner, size
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
            f'height="{max(height, 0):.1f}" fill="{fill}"/>'
        )

    def line(self, points: list[tuple[float, float]], colour: str, dash: str = "") -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.2"{dashed}/>'
        )

    def text(
        self, at: tuple[float, float], words: str, anchor: str = "start", colour: str = LIGHT.faded
    ) -> None:
        self.parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" fill="{colour}" '
            f'font-family="{FONT}" font-size="11">{escape(words)}</text>'
        )

    def mark(self, x: float, y: float, colour: str) -> None:
        """A small triangle whose tip is at the point."""
        self.parts.append(
            f'<path d="M{x:.1f} {y:.1f} l-4 -7 h8 z" fill="{colour}"/>'
        )  # fmt: skip

    def drawn(self, title: str) -> str:
        """The whole picture; `title` is read out in its place."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}" role="img" aria-label="{escape(title)}">'
            f"<title>{escape(title)}</title>{''.join(self.parts)}</svg>"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A column of the daily chart: USD by role in stack order, all-Opus, and limit hits."""

    label: str
    paid: dict[str, float]
    baseline: float
    hits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A bar of the waterfall. A `level` starts at zero; any other moves what is before it."""

    name: str
    amount: float
    shown: str
    is_level: bool = False
    is_unknown: bool = False


def ticks(top: float, most: int = 5) -> list[float]:
    """Round numbers from zero to the first that is not below `top`."""
    if top <= 0:
        return [0.0, 1.0]
    raw = top / (most - 1)
    size: float = 10 ** floor(log10(raw))
    step = next(size * n for n in (1, 2, 2.5, 5, 10) if size * n >= raw * 0.999)
    return [step * n for n in range(ceil(top / step - 1e-9) + 1)]


def daily(days: list[Day], title: str, mark: str, height: int = 250) -> str:
    """Stacked bars of what each day cost, and the all-Opus line; `mark` is the currency's."""
    drawing = Drawing(height)
    top = max([sum(day.paid.values()) for day in days] + [day.baseline for day in days] + [0.01])
    scale = ticks(top * 1.04)
    unit = (height - TOP - BOTTOM) / scale[-1]
    floor_y = height - BOTTOM
    for value in scale:
        drawing.line(
            [(LEFT, floor_y - value * unit), (WIDTH - RIGHT, floor_y - value * unit)], LIGHT.grid
        )
        drawing.text((LEFT - 6, floor_y - value * unit + 4), f"{mark}{value:,.10g}", "end")
    slot = (WIDTH - LEFT - RIGHT) / max(len(days), 1)
    outline: list[tuple[float, float]] = []
    for number, day in enumerate(days):
        x = LEFT + number * slot
        _stack(drawing, day, (x + slot * 0.14, floor_y), (slot * 0.72, unit))
        y = floor_y - day.baseline * unit
        outline += [(x, y), (x + slot, y)]
        if number % 7 == 3 or len(days) < 8:
            drawing.text((x + slot / 2, height - 6), day.label, "middle")
    drawing.line(outline, LIGHT.faded, "3 3")
    return drawing.drawn(title)  # fmt: skip


def _stack(
    drawing: Drawing, day: Day, foot: tuple[float, float], scale: tuple[float, float]
) -> None:
    (x, y), (width, unit) = foot, scale
    for role, usd in day.paid.items():
        drawing.box((x, y - usd * unit), (width, usd * unit), LIGHT.role[role])
        y -= usd * unit
    if day.hits:
        drawing.mark(x + width / 2, y - 3, LIGHT.bad)


def waterfall(steps: list[Step], title: str) -> str:
    """One bar below the other, each starting where the last one ended."""
    row, name_width, amount_width = 26, 210, 84
    drawing = Drawing(row * len(steps) + 6)
    ends = _ends(steps)
    widest = max([abs(end) for pair in ends for end in pair] + [0.01])
    unit = (WIDTH - name_width - amount_width) / widest
    for number, (step, (start, end)) in enumerate(zip(steps, ends, strict=True)):
        y = number * row + 6
        x = name_width + max(min(start, end), 0) * unit
        drawing.text((name_width - 10, y + 13), step.name, "end", LIGHT.text)
        drawing.box((x, y), (max(abs(end - start) * unit, 1), row - 9), _step_colour(step))
        drawing.text((WIDTH - 2, y + 13), step.shown, "end", LIGHT.text)
        if number + 1 < len(steps):
            edge = name_width + max(end, 0) * unit
            drawing.line([(edge, y + row - 9), (edge, y + row)], LIGHT.faded, "2 2")
    return drawing.drawn(title)


def _ends(steps: list[Step]) -> list[tuple[float, float]]:
    ends: list[tuple[float, float]] = []
    level = 0.0
    for step in steps:
        start = 0.0 if step.is_level else level
        level = start + step.amount
        ends.append((start, level))
    return ends


def _step_colour(step: Step) -> str:
    if step.is_level:
        return LIGHT.role["opus"] if step.name else LIGHT.faded
    if step.is_unknown:
        return LIGHT.role["other"]
    return LIGHT.fair if step.amount > 0 else LIGHT.good
