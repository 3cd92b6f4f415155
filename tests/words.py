"""What the dashboard says, found in its source, and what its catalogues know."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from dashboard.i18n import LOCALES

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "dashboard").rglob("*.py"))
# Calls that draw words: their first argument and these named ones are read by people.
DRAWS = {
    "title", "header", "subheader", "markdown", "caption", "text", "write", "info", "warning",
    "error", "success", "toast", "badge", "metric", "button", "download_button", "link_button",
    "page_link", "toggle", "checkbox", "radio", "selectbox", "multiselect", "segmented_control",
    "pills", "slider", "number_input", "text_input", "text_area", "date_input", "time_input",
    "file_uploader", "form_submit_button", "expander", "popover", "tabs", "dialog", "spinner",
    "small", "add_annotation", "Column", "TextColumn", "NumberColumn", "ProgressColumn",
    "DatetimeColumn", "DateColumn", "ButtonColumn", "CheckboxColumn", "LinkColumn",
    "AreaChartColumn", "LineChartColumn", "BarChartColumn", "ListColumn", "MarkdownColumn",
}  # fmt: skip
NAMED = {"label", "help", "placeholder", "alt", "body", "text", "title", "delta_description"}
NO_WORDS = re.compile(
    r":[a-z_/-]+(?:\[|:)|`[^`]*`|<[^>]*>|https?://\S*|\S+\.py\b|\b[A-Z]+(?:_[A-Z]+)+\b"
)


def speaks(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "dashboard.i18n"
        for node in ast.walk(tree)
    )


def said(file: Path) -> Iterator[tuple[int, ast.expr]]:
    """Where `say` and `count` are called, and the sources that they are given."""
    tree = ast.parse(file.read_text())
    if not speaks(tree):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("say", "count"):
            given = node.args[:1] if called(node) == "say" else node.args[1:3]
            for source in given:
                yield from ((node.lineno, one) for one in choices(source))


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def choices(source: ast.expr) -> list[ast.expr]:
    if isinstance(source, ast.IfExp):
        return [*choices(source.body), *choices(source.orelse)]
    return [source]


def every_source() -> set[str]:
    return {
        str(source.value)
        for file in SOURCES
        if file.name != "i18n.py"
        for _, source in said(file)
        if isinstance(source, ast.Constant)
    }


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def languages() -> list[str]:
    return sorted(folder.name for folder in LOCALES.iterdir() if folder.is_dir())


def entries(language: str) -> Iterator[tuple[str, Message]]:
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as source:
            yield from ((file.name, message) for message in read_po(source) if message.id)


def pieced() -> list[str]:
    """Where something else than a literal, or one of two, is said."""
    return [
        f"{file.name}:{line}"
        for file in SOURCES
        if file.name != "i18n.py"
        for line, source in said(file)
        if not (isinstance(source, ast.Constant) and isinstance(source.value, str))
    ]


def unsaid() -> list[str]:
    """Words that are drawn on a page without having been said."""
    return [
        f"{file.name}:{node.lineno} {word}"
        for file in SOURCES
        if draws_pages(tree := ast.parse(file.read_text()))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) in DRAWS
        for shown in [*_first(node), *(k.value for k in node.keywords if k.arg in NAMED)]
        for word in bare_words(shown)
    ]


def _first(node: ast.Call) -> list[ast.expr]:
    """The first argument, unless it names a page by its file."""
    return [] if called(node) == "page_link" else node.args[:1]


def loaded_modules() -> list[str]:
    """All but the pages, which are scripts."""
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in SOURCES
        if "app_pages" not in file.parts and file.name not in ("__init__.py", "app.py")
    ]


def draws_pages(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Import) and any(name.name == "streamlit" for name in node.names)
        for node in ast.walk(tree)
    )


def bare_words(shown: ast.AST) -> Iterator[str]:
    """Text with letters that is written right there; what a call returns is its own affair."""
    if isinstance(shown, ast.Call | ast.Subscript | ast.Compare):
        return
    if isinstance(shown, ast.Constant):
        if isinstance(shown.value, str) and re.search("[A-Za-z]", NO_WORDS.sub("", shown.value)):
            yield shown.value
        return
    parts = (
        [shown.body, shown.orelse] if isinstance(shown, ast.IfExp) else ast.iter_child_nodes(shown)
    )
    for part in parts:
        yield from bare_words(part)
