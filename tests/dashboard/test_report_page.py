"""Report, the page: a month to look at and to take along."""

from pathlib import Path

from collector.files import ledger_file
from dashboard import settings
from dashboard.settings import Reports, Settings
from router.call import Result
from tests.dashboard.opened import opened, text_of
from tests.dashboard.test_routing_pages import ago
from tests.story import OPUS, tell


def preview(app: object) -> str:
    [frame] = app.get("iframe")  # type: ignore[attr-defined]
    return str(frame.proto.srcdoc)


def test_an_empty_ledger_says_what_to_do(folder: Path):
    app = opened("report")
    assert not app.exception
    assert "faregate claude" in [code.value for code in app.code]


def test_a_month_is_previewed_and_offered_in_every_format(shown_demo: Path):
    app = opened("report")
    assert not app.exception
    assert "Claude Code cost report" in preview(app)
    labels = [button.label for button in app.get("download_button")]
    assert labels[:6] == ["HTML", "PDF", "XLSX", "CSV", "MD", "JSON"]


def test_the_url_names_the_month_and_the_language(shown_demo: Path):
    month = app_month = ago(days=1)[:7]
    app = opened("report", month=month, report_lang="ja")
    assert not app.exception
    assert "コストレポート" in preview(app)
    assert app.selectbox[0].value.isoformat().startswith(app_month)
    assert app.query_params["month"] in (month, [month])


def test_a_wrong_month_or_language_is_left_out(shown_demo: Path):
    app = opened("report", month="never", report_lang="tlh")
    assert not app.exception
    assert "Claude Code cost report" in preview(app)


def test_another_month_is_chosen_and_goes_into_the_url(folder: Path):
    tell(
        ledger_file(folder),
        (ago(days=62), "main", [(OPUS, Result.OK)], {"usd": "5"}),
        (ago(hours=1), "main", [(OPUS, Result.OK)], {"usd": "7", "project": "<script>x</script>"}),
    )
    app = opened("report")
    app.selectbox[0].select_index(0).run()
    assert not app.exception
    assert "This month still runs" in preview(app)
    assert "<script>" not in preview(app)
    assert app.query_params["month"] in (ago()[:7], [ago()[:7]])


def test_yen_can_be_chosen_once_a_rate_is_set(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(OPUS, Result.OK)], {"usd": "7"}))
    assert opened("report").selectbox[2].options == ["USD"]
    settings.write(folder, Settings(usd_jpy="150"))  # type: ignore[arg-type]
    app = opened("report", month=ago()[:7])
    app.selectbox[2].set_value("JPY").run()
    assert not app.exception
    assert "¥1,050" in preview(app)


def test_what_the_schedule_wrote_is_listed(folder: Path):
    tell(ledger_file(folder), (ago(hours=1), "main", [(OPUS, Result.OK)]))
    (folder / "reports").mkdir()
    (folder / "reports" / "faregate-2026-01.html").write_text("<p>January")
    settings.write(folder, Settings(reports=Reports(monthly=False)))
    app = opened("report")
    labels = [button.label for button in app.get("download_button")]
    assert any(label.startswith("faregate-2026-01.html") for label in labels)
    assert "switched off" in text_of(app)
