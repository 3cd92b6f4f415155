"""A frame as text: a table for people, JSON and CSV for programs."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

FORMATS = ("table", "json", "csv")


def as_text(frame: pl.DataFrame, form: str) -> str:
    """
    Raises:
        ValueError: `form` is none of table, json, csv.
    """
    if form == "json":
        return json.dumps(frame.to_dicts(), indent=2, default=plain)
    if form == "csv":
        return _csv(frame)
    if form == "table":
        return _table(frame)
    raise ValueError(f"unknown format {form!r}; known are {', '.join(FORMATS)}")


def plain(value: Any) -> Any:
    """Money as a number, times as ISO text in UTC: for `json.dumps(default=)`."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _csv(frame: pl.DataFrame) -> str:
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    flat = frame.with_columns(pl.col(nested).map_elements(str, pl.String)) if nested else frame
    return flat.write_csv().rstrip("\n")


def _table(frame: pl.DataFrame) -> str:
    names = frame.columns
    cells = [[_cell(value) for value in row] for row in frame.iter_rows()]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(names)]
    is_number = [frame.schema[name].is_numeric() for name in names]
    lines = [names, ["─" * width for width in widths], *cells]
    return "\n".join(_line(line, widths, is_number) for line in lines)


def _line(cells: list[str], widths: list[int], is_number: list[bool]) -> str:
    padded = (
        cell.rjust(width) if number else cell.ljust(width)
        for cell, width, number in zip(cells, widths, is_number, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    if isinstance(value, Decimal):
        return f"{value:,.4f}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return str(value)
