"""The report as Markdown, for a wiki or a mail: plain tables, no picture."""

from dashboard.report.cells import Cell, Table, shown
from dashboard.report.contents import Contents

SPECIAL = "\\`*_{}[]<>#|~$&!"


def markdown(contents: Contents) -> bytes:
    parts = [
        f"# {plain(contents.title)}: {plain(contents.month)}",
        plain(contents.lead),
        *(f"> {plain(notice)}" for notice in contents.notices),
        *(_card_list(contents) if contents.cards else []),
        *(_section(table) for table in contents.tables),
        "\n".join(f"- {plain(line)}" for line in contents.method),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def plain(words: str) -> str:
    """Text in which nothing is Markdown, on one line."""
    return "".join(f"\\{sign}" if sign in SPECIAL else sign for sign in " ".join(words.split()))


def _card_list(contents: Contents) -> list[str]:
    lines = [
        f"- **{plain(card.label)}** {plain(shown(card.value))} · {plain(card.verdict.text)} · "
        f"{plain(card.goal)} · {plain(card.moved)}"
        for card in contents.cards
    ]
    return ["\n".join(lines)]


def _section(table: Table) -> str:
    parts = [f"## {plain(table.title)}"]
    if table.note:
        parts.append(plain(table.note))
    parts.append(_grid(table) if table.rows else plain(table.empty))
    return "\n\n".join(parts)


def _grid(table: Table) -> str:
    rule = "| " + " | ".join("---:" if number else "---" for number in table.are_numbers) + " |"
    head = "| " + " | ".join(plain(column) for column in table.columns) + " |"
    rows = [_line(row) for row in table.rows]
    total = [_line(table.total)] if table.total else []
    return "\n".join([head, rule, *rows, *total])


def _line(row: tuple[Cell, ...]) -> str:
    return "| " + " | ".join(plain(shown(cell)) for cell in row) + " |"
