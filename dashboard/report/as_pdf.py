"""The report on paper: typst sets it, with fonts of our own and the system's Japanese one."""

import json
from collections.abc import Collection
from datetime import UTC
from pathlib import Path
from typing import Any

import typst

from dashboard.report.cells import Table, shown
from dashboard.report.contents import Chart, Contents

HERE = Path(__file__).resolve().parent
FONTS = HERE / "fonts"
OWN = "Inter"
JAPANESE = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Source Han Sans", "Hiragino Sans",
    "Hiragino Kaku Gothic ProN", "Yu Gothic", "YuGothic", "BIZ UDPGothic", "BIZ UDGothic", "Meiryo",
    "IPAexGothic", "IPAGothic", "TakaoPGothic", "VL PGothic", "MS PGothic",
)  # fmt: skip
SHORT, WIDEST = 17, 30


def pdf(contents: Contents) -> bytes:
    """
    Raises:
        ValueError: there are Japanese words, and no font that can draw them.
    """
    told = as_told(contents)
    families = typst.Fonts(font_paths=[FONTS]).families()
    told["fonts"] = fonts_for(json.dumps(told, ensure_ascii=False), families)
    made: bytes = typst.compile(
        HERE / "report.typ",
        font_paths=[FONTS],
        sys_inputs={"told": json.dumps(told)},
        timestamp=int(contents.written_at.replace(tzinfo=UTC).timestamp()),
    )
    return made


def fonts_for(words: str, families: Collection[str]) -> list[str]:
    """The fonts to draw with, best first; errors as in `pdf`."""
    known = [name for name in JAPANESE if name in families]
    if not known and any(is_japanese(sign) for sign in words):
        raise ValueError(
            "a PDF with Japanese words needs a Japanese font, and none is installed: install "
            f"{JAPANESE[0]} (Debian: fonts-noto-cjk), or choose --format html"
        )
    return [OWN, *known[:1]]


def is_japanese(sign: str) -> bool:
    """Kana, kanji, full-width forms and their punctuation."""
    return "\u3000" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff" or sign >= "\uff00"


def as_told(contents: Contents) -> dict[str, Any]:
    """What report.typ reads; every leaf is text to be set as it is."""
    return {
        "language": contents.language,
        "title": contents.title,
        "month": contents.month,
        "lead": contents.lead,
        "notices": contents.notices,
        "cards": [
            {
                "label": card.label,
                "value": shown(card.value),
                "verdict": card.verdict.text,
                "colour": card.verdict.colour,
                "goal": card.goal,
                "moved": card.moved,
            }
            for card in contents.cards
        ],
        "charts": {key: _chart(chart) for key, chart in contents.charts.items()},
        "tables": [_table(table) for table in contents.tables],
        "method": contents.method,
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": chart.title,
        "svg": chart.svg,
        "legend": [{"name": name, "colour": colour} for name, colour in chart.legend.items()],
        "marks": [f"{mark} {meaning}" for mark, meaning in chart.marks],
    }


def _table(table: Table) -> dict[str, Any]:
    rows = [[shown(cell) for cell in row] for row in table.rows]
    total = [shown(cell) for cell in table.total or ()]
    return {
        "key": table.key,
        "title": table.title,
        "note": table.note,
        "empty": table.empty,
        "columns": table.columns,
        "numbers": table.are_numbers,
        "rows": rows,
        "total": total,
        "widths": _widths([list(table.columns), *rows]),
    }


def _widths(rows: list[list[str]]) -> list[int]:
    """How wide each column is beside the others, by its longest text; 0 is as wide as it needs."""
    first, *rest = (max(map(_length, column)) for column in zip(*rows, strict=True))
    return [min(first, WIDEST), *(min(length, WIDEST) if length > SHORT else 0 for length in rest)]


def _length(words: str) -> int:
    """In Latin letters; a Japanese one is as wide as two."""
    return sum(2 if is_japanese(sign) else 1 for sign in words)
