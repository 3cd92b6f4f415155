"""What the loader sums up for the gate, and what a gate makes of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collector import known, ledger, prices
from collector.files import DEFAULTS, ledger_file
from collector.live_policy import LivePolicy
from collector.summing import summed_up
from router.budget import used_usd
from router.complexity import weights_of
from router.policy_model import Target
from router.world import World

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)


def attempt(**told: object) -> dict[str, object]:
    usual = {
        "call_id": "call_1",
        "attempt_no": 1,
        "started_at": NAIVE - timedelta(hours=2),
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "bill": "cash",
        "result": "ok",
        "cost_usd": Decimal("1.5"),
    }
    return {**usual, **told}


def reading(minutes: int, used: float, resets_in_h: float) -> dict[str, object]:
    return {
        "read_at": NAIVE - timedelta(minutes=minutes),
        "provider": "max",
        "limit_window": "five_hour",
        "status": "allowed",
        "utilization": used,
        "resets_at": NAIVE + timedelta(hours=resets_in_h),
        "source": "proxy",
    }


Row = dict[str, object]


def summed(folder: Path, *attempts: Row, readings: tuple[Row, ...] = ()) -> known.Known:
    folder.mkdir(exist_ok=True)
    policy = LivePolicy(folder)
    with ledger.writing(ledger_file(folder)) as db:
        ledger.append(db, "attempt_log", list(attempts))
        ledger.append(db, "limit_readings", list(readings))
        book = prices.fresh_book(db, folder, "claude-opus-4-6")
        return summed_up(db, book, policy.routing(), NOW)


def test_cash_of_the_trailing_days_is_summed_by_the_hour(tmp_path: Path):
    told = summed(
        tmp_path,
        attempt(),
        attempt(started_at=NAIVE - timedelta(hours=2, minutes=5)),
        attempt(bill="plan", cost_usd=Decimal(0)),
        attempt(started_at=NAIVE - timedelta(days=90)),
    )
    assert list(told.spent.values()) == [Decimal("3")]
    [hour] = told.spent
    assert datetime.fromtimestamp(hour * 3600, UTC) == NOW.replace(hour=10, minute=0)


def test_what_has_no_price_counts_as_the_dearest_of_its_family(tmp_path: Path):
    unknown = attempt(
        model="claude-sonnet-99", cost_usd=None, input_tokens=1_000_000, output_tokens=0
    )
    [usd] = summed(tmp_path, unknown).spent.values()
    assert usd == 3


def test_only_the_newest_word_of_an_open_window_is_told(tmp_path: Path):
    told = summed(tmp_path, readings=(reading(50, 0.2, 1), reading(10, 0.6, 1)))
    [window] = told.readings["max"]
    assert (window.limit_window, window.utilization) == ("five_hour", 0.6)
    assert window.resets_at == NOW + timedelta(hours=1)
    assert summed(tmp_path / "other", readings=(reading(50, 0.9, -0.1),)).readings == {}


def test_a_file_is_read_as_it_was_written(tmp_path: Path):
    told = summed(tmp_path, attempt(), readings=(reading(10, 0.6, 1),))
    known.write(tmp_path, told)
    assert known.read(tmp_path) == told
    assert told.prices.known[Target("anthropic", "claude-haiku-4-5")].output == 5


@pytest.mark.parametrize("text", ["", "{}", '{"as_of": 3}', "[]", '{"as_of":"2026-11-23T12:00:00"'])
def test_a_broken_file_is_named_and_counts_for_nothing(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
):
    (tmp_path / known.NAME).write_text(text)
    assert known.read(tmp_path) is None
    assert known.NAME in caplog.text


def test_the_ledgers_word_takes_the_place_of_the_gates_own_count(tmp_path: Path):
    world = World(weights_of((DEFAULTS / "complexity.toml").read_text()))
    world._settle("before", Decimal("0.25"), NOW - timedelta(minutes=1))
    world._settle("after", Decimal("0.50"), NOW + timedelta(minutes=1))
    world.rebase(summed(tmp_path, attempt()).spent, NOW)
    later = NOW + timedelta(minutes=2)
    assert used_usd(world.spending, later, 30) == Decimal("2.00")
