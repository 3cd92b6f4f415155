"""`faregate report`, run as a user runs it."""

import json
from pathlib import Path

import openpyxl
import pytest

from tests.dashboard import report_story
from tests.dashboard.test_cli import assert_refused, run, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reported") / "data"
    folder.mkdir()
    report_story.fill(folder)
    (folder / "settings.toml").write_text('zone = "Asia/Tokyo"\n')
    return folder


def test_a_report_lands_in_the_data_folder_and_its_path_is_told(folder: Path):
    ran = run(folder, "report", "--month", "2026-02")
    assert ran.returncode == 0, ran.stderr
    file = folder / "reports" / "faregate-2026-02.html"
    assert ran.stdout == f"{file}\n"
    assert "February 2026" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.iterdir()) == [file]


def test_its_numbers_are_those_of_ask(folder: Path):
    report = told(folder, "report", "--month", "2026-02", "--format", "json", "--out", "-")
    month = ("--set", "month=2026-02-01", "--set", "zone=Asia/Tokyo", "--format", "json")
    [asked] = told(folder, "ask", "six_kpis", *month)
    assert report["kpis"] == asked
    spent = told(folder, "ask", "spend_by", "--set", "dimension=project", *month)
    assert report["by_project"] == spent
    assert report["last_month"]["list_usd"] == 24


@pytest.mark.parametrize("form", ["pdf", "xlsx", "csv"])
def test_each_format_goes_where_it_is_told(folder: Path, tmp_path: Path, form: str):
    file = tmp_path / f"mine.{form}"
    words = ("--month", "2026-02", "--format", form, "--lang", "en", "--out", str(file))
    ran = run(folder, "report", *words)
    if ran.returncode == 2:
        assert "Japanese font" in ran.stderr
        assert form == "pdf"
        return
    assert ran.returncode == 0, ran.stderr
    assert file.stat().st_size > 1000
    if form == "xlsx":
        assert openpyxl.load_workbook(file).sheetnames[0] == "Summary"


def test_without_a_month_it_is_the_last_whole_one(folder: Path):
    found = json.loads(run(folder, "report", "--format", "json", "--out", "-").stdout)
    assert found["is_over"]
    assert not json.loads(
        run(folder, "report", "--format", "json", "--out", "-", "--month", this_month()).stdout
    )["is_over"]


def this_month() -> str:
    from tests.dashboard.test_routing_pages import ago

    return ago()[:7]


@pytest.mark.parametrize(
    ("words", "culprits"),
    [
        (("--month", "2026-13"), ("'2026-13'", "write YYYY-MM")),
        (("--month", "2999-01"), ("2999-01", "not begun")),
        (("--format", "docx"), ("'docx'", "html, pdf, xlsx")),
        (("--lang", "tlh"), ("'tlh'", "en, ja")),
        (("--out", "."), ("is a folder",)),
        (("--out", "no/such/file.html"), ("there is no folder", "no/such")),
    ],
)
def test_bad_use_is_one_line(folder: Path, words: tuple[str, ...], culprits: tuple[str, ...]):
    assert_refused(run(folder, "report", *words), *culprits)


def test_faulty_settings_are_named(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.toml").write_text("currency = 'EUR'\n")
    assert_refused(run(tmp_path / "data", "report"), "settings.toml", "currency")
