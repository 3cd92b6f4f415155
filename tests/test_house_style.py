"""The style page's numbers, checked: small modules, small functions, no catch-all names."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from dashboard.i18n import words
from tests.words import (
    entries,
    every_source,
    gaps,
    languages,
    loaded_modules,
    pieced,
    unsaid,
)

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("router", "collector", "dashboard")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
BANNED_NAMES = ("manager", "service", "helper", "util", "handler", "factory", "misc", "common")
# A module of ours in collector/ or dashboard/ would shadow these: both land on sys.path.
SHADOWING = {"statistics", "calendar", "queue", "http", "types", "plotly", "streamlit", "logging"}


def functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{file.name}:{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_is_short_and_so_is_each_function(file: Path):
    assert len(file.read_text().splitlines()) <= 300
    assert [name for name, lines in functions(file) if lines > 40] == []
    assert not any(word in file.stem for word in BANNED_NAMES)
    assert file.stem not in SHADOWING


def test_half_of_all_functions_are_ten_lines_or_less():
    lengths = sorted(lines for file in SOURCES for _, lines in functions(file))
    assert median(lengths) <= 10
    assert lengths[int(len(lengths) * 0.9)] <= 30


def test_broad_excepts_are_rare():
    text = "\n".join(file.read_text() for file in SOURCES)
    broad = text.count("except Exception") + text.count("except BaseException")
    assert broad <= max(2, len(text.splitlines()) / 1000)


def test_nothing_is_mocked_and_no_path_is_patched():
    tests = [file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__)]
    for file in [*SOURCES, *tests]:
        assert "unittest.mock" not in file.read_text(), file
        assert "sys.path.insert" not in file.read_text(), file


def test_package_files_hold_no_code():
    for package in PACKAGES:
        for file in (ROOT / package).rglob("__init__.py"):
            body = ast.parse(file.read_text()).body
            assert all(isinstance(node, ast.Expr) for node in body), file


def test_the_dashboard_loads_no_proxy_and_the_command_line_loads_no_streamlit():
    probe = "import sys, {module}; print(sorted({{'mitmproxy', 'streamlit'}} & set(sys.modules)))"
    for module in ("dashboard.cli", "dashboard.charts"):
        loaded = subprocess.run(
            [ROOT / ".venv/bin/python", "-c", probe.format(module=module)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert loaded.stdout.strip() == "[]", module


def test_each_sql_question_says_what_it_answers():
    for file in sorted((ROOT / "sql" / "kpi").glob("*.sql")):
        text = file.read_text()
        assert all(f"-- {head}:" in text for head in ("KPI", "Answers", "Grain", "Set")), file.name
        assert "select *" not in text.lower().replace("select * exclude", ""), file.name
    for folder, opening in (("views", "-- One row per"), ("checks", "--")):
        for file in sorted((ROOT / "sql" / folder).glob("*.sql")):
            assert file.read_text().startswith(opening), file.name


def test_what_is_said_is_a_whole_sentence_in_the_source():
    assert pieced() == [], "say() takes a literal, or one of two"


def test_no_word_reaches_a_page_past_the_catalogue():
    assert unsaid() == [], "put it into say()"


def test_nothing_is_said_while_a_module_loads():
    probe = (
        "import importlib, sys\n"
        "from dashboard import i18n\n"
        "def refuse(*said, **named): raise AssertionError(f'said while loading: {said}')\n"
        "i18n.say = i18n.count = refuse\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
    )
    subprocess.run([sys.executable, "-c", probe, *loaded_modules()], cwd=ROOT, check=True)


@pytest.mark.parametrize("language", languages())
def test_every_word_is_known_in_every_language(language: str):
    missing = sorted(every_source() - set(words(language)))
    assert missing == [], f"add them to dashboard/locale/{language}/<area>.po"


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_gaps_of_its_source(language: str):
    spoken = words(language).items()
    assert [source for source, said in spoken if gaps(source) != gaps(said)] == []


@pytest.mark.parametrize("language", languages())
def test_bold_gaps_stand_apart_where_a_language_writes_no_spaces(language: str):
    """Markdown takes `に**$3**を` for plain text: a sign beside letters opens nothing."""
    cramped = re.compile(r"[^\s(]\*\*\{|\}\*\*[^\s.,:;!?)…—]")
    assert [said for said in words(language).values() if cramped.search(said)] == []


@pytest.mark.parametrize("language", languages())
def test_no_catalogue_holds_words_that_nobody_says(language: str):
    assert sorted(set(words(language)) - every_source()) == []


@pytest.mark.parametrize("language", languages())
def test_the_areas_of_a_language_agree_and_none_is_unsure(language: str):
    known: dict[str, str] = {}
    for file, entry in entries(language):
        assert not entry.fuzzy, f"{file}: {entry.id!r} is marked as unsure"
        spoken = str(entry.string)
        assert known.setdefault(str(entry.id), spoken) == spoken, f"{file}: {entry.id!r}"


def test_money_on_pages_is_of_the_readers_currency():
    for file in SOURCES:
        text = file.read_text()
        if file.name == "columns.py":
            continue
        for told in ('format="dollar"', 'format="$', 'tickprefix="$"'):
            assert told not in text, f"{file.name}: see dashboard/columns.py"
        assert "$%{" not in text, f"{file.name}: a minus goes before the sign, as in %{{y:$,.2f}}"
        assert ":$,." not in text or "money=" in text, f"{file.name}: laid_out(…, money=…)"
