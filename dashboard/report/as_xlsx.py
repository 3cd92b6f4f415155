"""The report as a workbook: one sheet per table, numbers as numbers, a chart that stays alive."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboard import reader, show
from dashboard.i18n import say
from dashboard.palette import LIGHT
from dashboard.report.cells import WORDS, Cell, Table, Unit
from dashboard.report.contents import Contents

WIDEST = 60
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
           "in_memory": True, "default_date_format": "yyyy-mm-dd"}  # fmt: skip
SHARED = {Unit.SHARE, Unit.SHARE_CHANGE}
MONEY = {Unit.USD, Unit.USD_CHANGE}


class Formats:
    """The workbook's formats, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, str], Format] = {}

    def of(self, style: str, number: str = "") -> Format:
        key = (style, number)
        if key not in self._made:
            said = {**STYLES[style], **({"num_format": number} if number else {})}
            self._made[key] = self._book.add_format({"font_name": "Calibri", **said})
        return self._made[key]


STYLES: dict[str, dict[str, Any]] = {
    "plain": {"valign": "top"},
    "title": {"bold": True, "font_size": 16},
    "lead": {"font_size": 12, "text_wrap": True, "valign": "top"},
    "faded": {"font_color": LIGHT.faded, "text_wrap": True, "valign": "top"},
    "head": {"bold": True, "bottom": 1, "valign": "top"},
    "total": {"bold": True, "top": 1},
}


def xlsx(contents: Contents) -> bytes:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    book.set_properties(
        {"title": f"{contents.title}: {contents.month}", "created": contents.written_at}
    )
    formats = Formats(book)
    _summary(book.add_worksheet(_sheet_name(book, say("Summary"))), contents, formats)
    for table in contents.tables:
        _table(book.add_worksheet(_sheet_name(book, table.title)), table, formats)
    if contents.daily:
        _daily(book, contents.daily, formats)
    book.close()
    return buffer.getvalue()


def _sheet_name(book: Workbook, title: str) -> str:
    """At most 31 characters, without those that a sheet's name may not have, and of its own."""
    name = "".join(" " if sign in "[]:*?/\\'" else sign for sign in title)[:31].strip()
    taken = {sheet.get_name().lower() for sheet in book.worksheets()}
    return name if name.lower() not in taken else f"{name[:28]} {len(taken)}"


def _summary(sheet: Worksheet, contents: Contents, formats: Formats) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 4, 24)
    sheet.write_string(0, 0, f"{contents.title}: {contents.month}", formats.of("title"))
    sheet.merge_range(1, 0, 1, 4, "", formats.of("lead"))
    sheet.write_string(1, 0, contents.lead, formats.of("lead"))
    row = 2
    for notice in contents.notices:
        sheet.write_string(row, 0, notice, formats.of("plain"))
        row += 1
    row += 1
    for card in contents.cards:
        sheet.write_string(row, 0, card.label, formats.of("plain"))
        _write(sheet, row, 1, card.value, formats)
        for column, words in enumerate((card.verdict.text, card.goal, card.moved), start=2):
            sheet.write_string(row, column, words, formats.of("plain"))
        row += 1
    for number, line in enumerate(contents.method, start=row + 1):
        sheet.write_string(number, 0, line, formats.of("plain"))


def _table(sheet: Worksheet, table: Table, formats: Formats) -> None:
    sheet.write_string(0, 0, table.note or table.title, formats.of("plain"))
    for column, name in enumerate(table.columns):
        sheet.write_string(1, column, name, formats.of("head"))
        sheet.set_column(column, column, _width(table, column))
    sheet.freeze_panes(2, 1)
    for number, row in enumerate(table.rows, start=2):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, formats)
    if not table.rows:
        sheet.write_string(2, 0, table.empty, formats.of("plain"))
    for column, cell in enumerate(table.total or ()):
        _write(sheet, 2 + len(table.rows), column, cell, formats, "total")


def _width(table: Table, column: int) -> float:
    longest = max([2 * len(table.columns[column].encode()) // 3, 12,
                   *(len(str(row[column].value)) for row in table.rows
                     if row[column].unit is Unit.TEXT)])  # fmt: skip
    return min(longest + 2, WIDEST)


def _write(  # noqa: PLR0913  # a cell's place, and how it looks
    sheet: Worksheet, row: int, column: int, cell: Cell, formats: Formats, style: str = "plain"
) -> None:
    """Text stays text, whatever it begins with; unknown is an empty cell."""
    if cell.value is None:
        sheet.write_blank(row, column, None, formats.of(style))
    elif cell.unit is Unit.DAY:
        sheet.write_datetime(row, column, cell.value, formats.of(style, "yyyy-mm-dd"))
    elif isinstance(cell.value, datetime):
        at = show.local(cell.value, reader.current().zone).replace(tzinfo=None)
        sheet.write_datetime(row, column, at, formats.of(style, "yyyy-mm-dd hh:mm"))
    elif cell.unit in WORDS:
        sheet.write_string(row, column, str(cell.value), formats.of(style))
    else:
        sheet.write_number(row, column, _number(cell), formats.of(style, _number_format(cell)))


def _number(cell: Cell) -> float:
    rate = reader.current().rate
    if cell.unit in MONEY and rate:
        return float(Decimal(cell.value) * rate.usd_jpy)
    return float(cell.value)


def _number_format(cell: Cell) -> str:
    if cell.unit in MONEY:
        return '"¥"#,##0' if reader.current().rate else '"$"#,##0.00'
    if cell.unit in SHARED:
        return "0.0%"
    return '"$"0.00####' if cell.unit is Unit.RATE else "#,##0.##" if _has_part(cell) else "#,##0"


def _has_part(cell: Cell) -> bool:
    return not float(cell.value).is_integer()


def _daily(book: Workbook, daily: Table, formats: Formats) -> None:
    """What each day cost, and a chart of it: bars by who answered, a line for all-Opus."""
    sheet = book.add_worksheet(_sheet_name(book, daily.title))
    _table(sheet, daily, formats)
    last, line_column = 1 + len(daily.rows), len(daily.columns) - 1
    bars = book.add_chart({"type": "column", "subtype": "stacked"})
    for column in range(1, line_column):
        bars.add_series({**_series(sheet, column, last), "gap": 40})
    line = book.add_chart({"type": "line"})
    dashed = {"color": LIGHT.faded, "dash_type": "dash", "width": 1.25}
    line.add_series({**_series(sheet, line_column, last), "line": dashed})
    bars.combine(line)
    bars.set_title({"name": daily.title})
    bars.set_legend({"position": "bottom"})
    bars.set_size({"width": 900, "height": 380})
    sheet.insert_chart(1, len(daily.columns) + 1, bars)


def _series(sheet: Worksheet, column: int, last: int) -> dict[str, Any]:
    name = sheet.get_name()
    return {
        "name": [name, 1, column],
        "categories": [name, 2, 0, last, 0],
        "values": [name, 2, column, last, column],
    }
