"""The report says what the pages and the command line say, and says when it cannot."""

import json
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import ledger
from collector.files import ledger_file
from dashboard import reader
from dashboard.reader import Rate, Reader
from dashboard.report import as_pdf, cells, formats, svg
from dashboard.report.as_data import told as data_of
from dashboard.report.cells import Cell, Unit
from dashboard.report.gather import gather, last_whole_month, named_month
from router.call import Result
from tests.dashboard import report_story
from tests.dashboard.report_story import FEBRUARY, NOW, ZONE, gathered, told
from tests.dashboard.test_routing_pages import ago
from tests.story import FREE, HAIKU, LOCAL, MAX, OPUS, SONNET, set_plan, tell

OK = Result.OK
HAS_JAPANESE_FONT = any(name in as_pdf.JAPANESE for name in as_pdf.typst.Fonts().families())
lines = st.lists(
    st.tuples(
        st.integers(0, 59 * 24 - 1),
        st.sampled_from([MAX, OPUS, SONNET, HAIKU, LOCAL, FREE]),
        st.sampled_from(["shop", "blog", None, "<b>"]),
        st.one_of(st.none(), st.decimals("0", "40", places=9, allow_nan=False)),
        st.decimals("0", "40", places=9, allow_nan=False),
    ),
    max_size=12,
)


@settings(max_examples=5, deadline=None)
@given(lines)
def test_every_total_is_the_sum_over_the_calls_whatever_happened(drawn: list[tuple]):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger.migrate(ledger_file(folder))
        tell(ledger_file(folder), *(_line(number, *one) for number, one in enumerate(drawn)))
        set_plan(ledger_file(folder), 200)
        report = gather(folder, FEBRUARY, "UTC", NOW)
        february = [one for one in drawn if one[0] >= 31 * 24]
        _agrees(folder, json.loads(json.dumps(data_of(report), default=str)), february)


def _line(number: int, hour: int, target: tuple, project: str | None, usd, opus_usd) -> tuple:
    at = datetime(2026, 1, 1 + hour // 24) if hour < 31 * 24 else datetime(
        2026, 2, 1 + (hour - 31 * 24) // 24
    )  # fmt: skip
    told = {"project": project, "usd": None if usd is None else str(usd), "opus_usd": str(opus_usd)}
    at = at.replace(hour=hour % 24, minute=number)
    return f"{at:%Y-%m-%d %H:%M}", "main", [(target, OK)], {**told, "session": f"s{number}"}


def _agrees(folder: Path, data: dict, february: list[tuple]) -> None:
    list_usd = sum((one[3] for one in february if one[3] is not None), Decimal(0))
    cash = sum((one[3] for one in february if one[3] is not None and one[1][2] == "cash"),
               Decimal(0))  # fmt: skip
    baseline = sum((one[4] for one in february), Decimal(0))
    with ledger.reading(ledger_file(folder)) as db:
        asked = ledger.ask(db, "six_kpis", month=FEBRUARY, zone="UTC", now=NOW).row(0, named=True)
    kpis, steps = data["kpis"], {one["step"]: one["usd"] for one in data["savings"]}
    for name, summed in (("list_usd", list_usd), ("cash_usd", cash), ("baseline_usd", baseline)):
        for split in ("by_project", "by_model"):
            assert sum(Decimal(one[name] or 0) for one in data[split]) == summed
        assert Decimal(kpis[name]) == summed == asked[name]
    assert Decimal(kpis["paid_usd"]) == asked["paid_usd"] == Decimal(steps["paid"])
    assert Decimal(steps["baseline"]) == baseline
    moved = ("models", "local", "billed", "unpriced", "plan")
    assert sum((Decimal(steps[name]) for name in moved), baseline) == Decimal(steps["paid"])
    days = sum(Decimal(one["paid_usd"]) for one in data["daily_cost"])
    assert days == Decimal(kpis["paid_usd"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger.migrate(ledger_file(tmp_path))
    return tmp_path


def all_formats(report: object) -> None:
    """But for a PDF, where the fonts for it are not installed."""
    for form in formats.FORMATS:
        if form == "pdf" and not HAS_JAPANESE_FONT:
            continue
        assert formats.drawn(report, form, Reader())  # type: ignore[arg-type]


def test_an_empty_ledger_says_so_in_every_format(folder: Path):
    report = gathered(folder)
    contents = told(report)
    assert contents.lead == "February 2026 has no call in the ledger."
    assert contents.notices == ("The ledger is empty.",)
    assert not contents.cards
    assert not contents.charts
    all_formats(report)


def test_a_month_before_the_ledger_begins_says_when_it_does(folder: Path):
    tell(ledger_file(folder), ("2026-03-03 09:00", "main", [(OPUS, OK)]))
    contents = told(gathered(folder))
    assert contents.lead == "February 2026 has no call in the ledger."
    assert contents.notices == ("The ledger begins on 2026-03-03.",)


def test_a_month_between_others_in_which_nothing_was_done_costs_the_plan(folder: Path):
    tell(
        ledger_file(folder),
        ("2026-01-03 09:00", "main", [(OPUS, OK)]),
        ("2026-03-03 09:00", "main", [(OPUS, OK)]),
    )
    set_plan(ledger_file(folder), 200)
    report = gathered(folder)
    assert told(report).lead == "February 2026 has no call in the ledger."
    assert report.row("kpis")["paid_usd"] == pytest.approx(200)
    all_formats(report)


def test_half_a_month_says_from_when(folder: Path):
    tell(ledger_file(folder), ("2026-02-15 09:00", "main", [(OPUS, OK)], {"usd": "3"}))
    set_plan(ledger_file(folder), 280)
    report = gathered(folder)
    contents = told(report)
    assert contents.notices[0].startswith("Half a month: the ledger begins on 2026-02-15")
    assert contents.cards[0].value.value == pytest.approx(Decimal(143))  # 14 of 28 days, and $3
    assert {card.moved for card in contents.cards} == {"no earlier month"}
    all_formats(report)


def test_a_month_that_runs_says_until_when_and_is_compared_with_as_much_of_the_last(folder: Path):
    report_story.fill(folder)
    report = gathered(folder, now=datetime(2026, 2, 6, 15))
    contents = told(report)
    assert contents.notices[0] == "This month still runs: numbers are until 2026-02-07 00:00."
    assert report.earlier is not None
    assert report.earlier["list_usd"] == 12  # of January's four calls, two by then
    assert told(report, "ja").notices[0].startswith("今月はまだ途中です")
    all_formats(report)


def test_days_are_the_users_and_not_utcs(folder: Path):
    report_story.fill(folder)
    assert gathered(folder).row("kpis")["list_usd"] == Decimal("229.65")
    in_utc = gather(folder, FEBRUARY, "UTC", NOW)
    assert in_utc.row("kpis")["list_usd"] == Decimal("306.65")


def test_a_call_without_a_price_is_named_and_never_zero(folder: Path):
    report_story.fill(folder)
    contents = told(gathered(folder))
    assert "1 call has no price: money shown here is too low." in contents.notices
    missing = next(table for table in contents.tables if table.key == "missing")
    assert "qwen3-coder:free" in missing.rows[0][2].value
    models = next(table for table in contents.tables if table.key == "by_model")
    [free] = [row for row in models.rows if row[0].value == "qwen/qwen3-coder:free"]
    assert cells.shown(free[2]) == "–"


def test_yen_are_shown_at_the_rate_that_is_named_and_never_stored(folder: Path):
    report_story.fill(folder)
    report, rate = gathered(folder), Rate(usd_jpy=Decimal("150"), on=date(2026, 2, 27))
    contents = told(report, "ja", rate=rate)
    assert contents.lead.startswith("支払額は¥30,248。")  # $201.65
    assert "1ドル=150円" in contents.method[-1]
    yen = formats.drawn(report, "json", Reader(rate=rate))
    assert yen == formats.drawn(report, "json", Reader())


def test_names_of_any_length_and_kind_are_drawn(folder: Path):
    tell(
        ledger_file(folder),
        *(
            (f"2026-02-03 09:{number:02}", "main", [(OPUS, OK)], {"project": name})
            for number, name in enumerate(["x" * 3000, "</script><b>", "#set page(width: 1cm)",
                                           "'; drop table", "\u202etxt", "a\x07b", "$x_1$\\#eval"])
        ),
    )  # fmt: skip
    all_formats(gathered(folder))


def test_money_is_told_to_the_cent():
    with reader.as_reader(Reader()):
        assert cells.money(Decimal("1234.005")) == "$1,234.00"
        assert cells.money(Decimal("-0.4")) == "−$0.40"
        assert cells.money(Decimal("0.004")) == "<$0.01"
        assert cells.money(Decimal("0.000000001")) == "$0.00"
        assert cells.money(None) == "–"
        assert cells.shown(Cell(Decimal("12"), Unit.USD_CHANGE)) == "+$12.00"
        assert cells.shown(Cell(-0.031, Unit.SHARE_CHANGE)) == "−3.1 pp"
        assert cells.shown(Cell(Decimal("0.075"), Unit.RATE)) == "$0.075"


@given(st.floats(0.001, 1e7))
def test_an_axis_holds_all_and_is_not_crowded(top: float):
    scale = svg.ticks(top)
    assert scale[0] == 0
    assert scale[-1] >= top * 0.999
    assert 2 <= len(scale) <= 6


def test_months_are_named_and_the_last_whole_one_is_known():
    assert named_month("2026-02") == FEBRUARY
    for text in ("2026-2", "2026-13", "Feb", "", "2026-02-01", "202602-"):
        with pytest.raises(ValueError, match="write YYYY-MM"):
            named_month(text)
    assert last_whole_month(datetime(2026, 2, 28, 20), ZONE) == FEBRUARY  # March in Tokyo
    assert last_whole_month(datetime(2026, 2, 28, 10), ZONE) == date(2026, 1, 1)


def test_quality_is_that_of_the_pages_where_outcomes_are_known(demo_folder: Path):
    now = datetime.fromisoformat(ago())
    report = gather(demo_folder, now.date().replace(day=1), "UTC", now)
    known = report.answers["quality"].row(0, named=True)
    contents = told(report)
    if known["known_tasks"]:
        assert contents.cards[2].label == "Quality"
        assert contents.cards[2].value.value == known["pass_share"]
        assert any("95 %" in line for line in contents.method)
    else:
        assert contents.cards[2].label == "Settled calls"
