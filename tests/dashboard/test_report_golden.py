"""The report as it is handed in, format by format; `GOLDEN=write` writes the files anew."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import openpyxl
import pypdf
import pytest

from collector.files import DEFAULTS
from dashboard.reader import Reader
from dashboard.report import as_pdf
from dashboard.report.formats import drawn
from dashboard.report.gather import Report
from tests.dashboard import report_story
from tests.dashboard.report_story import FORMULA, HOSTILE

GOLDEN = Path(__file__).parent.parent / "golden" / "report"
has_japanese_font = any(name in as_pdf.JAPANESE for name in as_pdf.typst.Fonts().families())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("report")
    shutil.copy(DEFAULTS / "policy.toml", folder)
    report_story.fill(folder)
    return report_story.gathered(folder)


def made(report: Report, form: str, language: str = "en") -> bytes:
    return drawn(report, form, Reader(language=language))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("form", ["html", "md"])
def test_what_people_read_is_as_it_was(report: Report, form: str, language: str):
    compare(f"february.{language}.{form}", without_style(made(report, form, language).decode()))


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_programs_read_is_as_it_was(report: Report, form: str):
    compare(f"february.{form}", made(report, form).decode())
    assert made(report, form, "ja") == made(report, form)


def compare(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def without_style(text: str) -> str:
    """The style sheet holds a font, and the policy its digest."""
    text = re.sub(r"<style>.*?</style>", "<style/>", text, flags=re.DOTALL)
    return re.sub(r"sha256-[^']*", "sha256-…", text)


def test_html_runs_nothing_and_loads_nothing(report: Report):
    text = made(report, "html").decode()
    assert HOSTILE not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "default-src &#39;none&#39;" in text
    assert not re.search(r"<(script|link|iframe|img|object)\b|<[^>]*\s(on\w+|src|href)=", text)
    assert "url(" not in re.sub(r"url\(data:font/woff2;base64,[^)]*\)", "", text)


@dataclass(frozen=True)
class Sheet:
    rows: list[tuple[object, ...]]
    frozen: str


def sheets(content: bytes) -> dict[str, Sheet]:
    book = openpyxl.load_workbook(BytesIO(content))
    return {
        sheet.title: Sheet(list(sheet.iter_rows(values_only=True)), str(sheet.freeze_panes))
        for sheet in book.worksheets
    }


def test_a_workbook_holds_numbers_as_numbers_and_text_as_text(report: Report):
    found = sheets(made(report, "xlsx"))
    projects = found["By project"]
    assert projects.frozen == "B3"
    shop = next(row for row in projects.rows if row[0] == "shop")
    assert shop[1:4] == (26, 228, pytest.approx(228 / 229.65))
    odd = next(row for row in projects.rows if row[0] == FORMULA)
    assert odd[1:3] == (1, None)  # no price: nothing, and not zero
    total = projects.rows[-1]
    assert total[0] == "Total"
    assert total[2] == pytest.approx(float(report.row("kpis")["list_usd"]))


def test_a_workbook_holds_each_table_and_a_live_chart(report: Report):
    content = made(report, "xlsx", "ja")
    book = openpyxl.load_workbook(BytesIO(content))
    assert len(book.worksheets) == 11
    assert all(len(name) <= 31 for name in book.sheetnames)
    daily = book.worksheets[-1]
    assert daily.max_row == 30
    [chart] = daily._charts
    assert len(chart.series) >= 3
    assert str(daily["B3"].number_format) == '"$"#,##0.00'


def words_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


def test_a_pdf_says_what_the_page_says(report: Report):
    if not has_japanese_font:
        pytest.skip("the story has a Japanese project, and no Japanese font is installed")
    text = words_of(made(report, "pdf"))
    assert "Claude Code cost report" in text
    assert "February 2026" in text
    assert "$201.65" in text
    assert HOSTILE in text.replace("\n", " ")


def test_a_pdf_is_the_same_file_each_time(report: Report):
    if not has_japanese_font:
        pytest.skip("the story has a Japanese project, and no Japanese font is installed")
    assert made(report, "pdf", "ja") == made(report, "pdf", "ja")


def test_a_japanese_pdf_draws_every_sign(report: Report, tmp_path: Path):
    if not has_japanese_font or not shutil.which("pdffonts"):
        pytest.skip("needs a Japanese font and poppler-utils")
    (tmp_path / "report.pdf").write_bytes(made(report, "pdf", "ja"))
    assert "ブログ記事" in words_of((tmp_path / "report.pdf").read_bytes())
    listed = subprocess.run(["pdffonts", tmp_path / "report.pdf"], capture_output=True, text=True)
    fonts = listed.stdout.splitlines()[2:]
    assert any("CJK" in line or "Gothic" in line or "Hiragino" in line for line in fonts)
    assert all(" yes " in line for line in fonts), "a font is not embedded"


def test_without_a_japanese_font_nothing_is_drawn_with_holes():
    assert as_pdf.fonts_for("plain", ["Inter"]) == ["Inter"]
    assert as_pdf.fonts_for("日本", ["Noto Sans JP"]) == ["Inter", "Noto Sans JP"]
    with pytest.raises(ValueError, match="fonts-noto-cjk"):
        as_pdf.fonts_for("カナ", ["Inter", "DejaVu Sans"])


def test_markdown_takes_no_orders_from_names(report: Report):
    text = made(report, "md").decode()
    assert "\\<img src=x onerror=alert\\(1\\)" in text or "\\<img src=x onerror=alert(1)\\>" in text
    assert "=HYPERLINK" in text
    assert "\\|\\`\\*\\_\\#" in text


def test_a_spreadsheet_runs_nothing_of_the_csv(report: Report):
    lines = made(report, "csv").decode().splitlines()
    assert not [line for line in lines for field in line.split(",") if field[:1] in "=+@" and field]
    assert any("'=HYPERLINK" in line for line in lines)
