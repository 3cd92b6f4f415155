"""The price table: exported from the list, corrected by a file, and never left half done."""

import logging
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider, Usage

from collector import ledger, listed_prices
from collector.files import DEFAULTS
from collector.prices import (
    FILE,
    export_prices,
    fresh_book,
    load_book,
    overrides_file,
    price_rows,
    pricer,
)
from router.call import Bill
from router.call import Usage as OurUsage
from router.price_book import PriceBook
from router.rates import UnknownPriceError
from tests.pricing import TODAY, metered

NOW = datetime.fromisoformat(TODAY)
LOCAL = """
[[price]]
provider = "ollama"
model = "*"
rates = { input = 0, output = 0 }
reason = "local"
"""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with ledger.writing(tmp_path / "ledger.duckdb") as connection:
        yield connection


def written(folder: Path, text: str) -> Path:
    file = folder / FILE
    file.write_text(text)
    return file


def count(db: duckdb.DuckDBPyConnection) -> int:
    [rows] = db.execute("select count(*) from prices").fetchall()
    return int(rows[0])


def test_the_table_holds_the_whole_list_and_prices_as_the_rows_did(db):
    assert export_prices(db, DEFAULTS / FILE)
    rows = price_rows(DEFAULTS / FILE)
    assert count(db) == len(rows) > 8000
    known = {row[0] for row in db.execute("select distinct price_id from prices").fetchall()}
    assert len(known) == len(rows)
    target, usage = ("max", "claude-sonnet-4-6"), OurUsage(input_tokens=300_000, output_tokens=5)
    for day in (NOW, datetime.fromisoformat("2026-03-01")):
        there, here = load_book(db).rates(target, day), PriceBook(rows).rates(target, day)
        assert there.cost(usage) == here.cost(usage)
        assert there.price_ids(usage) == here.price_ids(usage)


def test_price_ids_can_be_read_and_do_not_move_with_the_list(db):
    export_prices(db, DEFAULTS / FILE)
    wanted = [
        "anthropic/claude-opus-4-6#input",
        "anthropic/claude-opus-4-6#input>200000",
        "anthropic/claude-opus-4-8#output+speed=fast",
        "anthropic/claude-haiku-4-5#output@2026-10-14+processing=batch",
        "openrouter/anthropic/claude-opus-4.6#cache_write_1h",
        "override:anthropic/claude-opus-4[.-]6*#multiplier+speed=fast",
        "max=anthropic",
    ]
    found = db.execute("select price_id from prices where list_contains(?, price_id)", [wanted])
    assert {row[0] for row in found.fetchall()} == set(wanted)


def test_every_correction_says_why(db):
    export_prices(db, DEFAULTS / FILE)
    reasons = db.execute("select source from prices where match_kind = 'glob'").fetchall()
    assert all(len(reason) > 10 for (reason,) in reasons)


def test_nothing_is_rewritten_until_the_list_or_the_corrections_change(db, tmp_path):
    file = written(tmp_path, LOCAL)
    assert [export_prices(db, file), export_prices(db, file)] == [True, False]
    file.write_text(LOCAL.replace("local", "on this laptop"))
    assert export_prices(db, file)
    db.execute("update settings set value = 'older' where name = 'prices_version'")
    assert export_prices(db, file)


def test_the_live_corrections_are_seeded_once_and_then_yours(tmp_path):
    file = overrides_file(tmp_path)
    assert file.read_text() == (DEFAULTS / FILE).read_text()
    file.write_text(LOCAL)
    assert overrides_file(tmp_path).read_text() == LOCAL


def override(**said: str) -> str:
    keys = {"provider": '"anthropic"', "model": '"claude-*"', "reason": '"because"'} | said
    return "[[price]]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items() if value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[price]\n", "line 1"),
        ('[[price]]\nprovider = "x\n', "line 2"),
        (override(multipler="2"), "line 5: multipler: unknown key; the keys are above_tokens, "),
        ("[prices]\n", "line 1: prices: unknown key; the keys are price, same_as"),
        (LOCAL + override(multiplier="-1"), "line 11: multiplier: .*greater than or equal to 0"),
        (override(rates="{ input = -3 }"), "line 5: rates.input: .*greater than or equal to 0"),
        (override(rates='{ input = "3" }'), "rates.input: write a number"),
        (override(rates="{ input = nan }"), "rates.input: .*finite"),
        (override(rates="{ inptu = 3 }"), "rates.inptu"),
        (override(multiplier="true"), "multiplier: write a number"),
        (override(multiplier="2", valid_from="2026-13-01"), "line 6"),
        (override(multiplier="2", valid_from='"soon"'), "line 6: valid_from: .*date"),
        (override(multiplier="2", valid_from="20261101"), "valid_from: write a day such as"),
        (override(multiplier="2", valid_from="2026-02-01", valid_to="2026-02-01"), "must be later"),
        (override(), "exactly one of rates, times_input, multiplier, withdrawn"),
        (override(multiplier="2", withdrawn="true"), "exactly one of"),
        (override(multiplier="2", reason=""), "reason: field required"),
        (override(multiplier="2", context='{ mood = "good" }'), "context.mood"),
        ("price = 3\n", "line 1: price: .*list"),
        (override(multiplier="2") + "\n" + override(multiplier="3"), "hold at the same time"),
        (
            override(multiplier="2", model='"claude-opus-*"')
            + "\n"
            + override(multiplier="3", model='"claude-*opus-"'),
            "hold at the same time; end one",
        ),
    ],
)
def test_a_broken_file_is_named_in_one_line_and_the_old_prices_stay(db, tmp_path, text, complaint):
    export_prices(db, written(tmp_path, LOCAL))
    before = count(db)
    file = written(tmp_path, text)
    with pytest.raises(ValueError, match=complaint) as broken:
        export_prices(db, file)
    assert str(broken.value).startswith(str(file))
    assert "\n" not in str(broken.value)
    assert count(db) == before


def test_pricing_goes_on_with_the_old_prices_when_the_file_breaks(db, tmp_path, caplog):
    said = metered(input_tokens=1_000_000)
    written(tmp_path, override(multiplier="2", model='"claude-opus-5"'))
    first = pricer(db, tmp_path, "claude-opus-4-6")("max", "claude-opus-5", NOW, said, Bill.PLAN)
    written(tmp_path, "nonsense")
    with caplog.at_level(logging.WARNING):
        then = pricer(db, tmp_path, "claude-opus-4-6")("max", "claude-opus-5", NOW, said, Bill.PLAN)
    assert first == then
    assert (first.list_usd, first.cost_usd, first.baseline_usd) == (10, 0, 5)
    assert "previous prices stay in force" in caplog.text


def test_a_ledger_without_prices_gets_the_committed_ones_when_the_live_file_is_broken(db, tmp_path):
    written(tmp_path, "nonsense")
    book = fresh_book(db, tmp_path, "claude-opus-4-6")
    assert book.rates(("ollama", "any"), NOW).cost(OurUsage(input_tokens=9)) == 0


def rates_of(folder: Path, text: str, model: str, day: str = TODAY, **usage: int) -> Decimal:
    book = PriceBook(price_rows(written(folder, text)))
    at = datetime.fromisoformat(day)
    return book.rates(("anthropic", model), at).cost(OurUsage(**usage))


def test_a_discount_holds_from_its_first_day_to_the_day_before_its_end(tmp_path):
    text = override(multiplier="0.5", valid_from="2026-11-01", valid_to="2026-11-22")
    days = ("2026-10-31", "2026-11-01", "2026-11-21", "2026-11-22")
    costs = [rates_of(tmp_path, text, "claude-opus-5", day, input_tokens=10**6) for day in days]
    assert costs == [5, Decimal("2.5"), Decimal("2.5"), 5]


def test_the_more_exact_pattern_wins_and_discounts_do_not_pile_up(tmp_path):
    text = override(multiplier="0.5") + "\n" + override(multiplier="0.9", model='"claude-opus-5"')
    assert rates_of(tmp_path, text, "claude-opus-5", input_tokens=10**6) == Decimal("4.5")
    assert rates_of(tmp_path, text, "claude-haiku-4-5", input_tokens=10**6) == Decimal("0.5")


def test_own_rates_replace_only_the_units_they_name(tmp_path):
    text = override(rates="{ input = 1 }", model='"claude-opus-5"')
    assert rates_of(tmp_path, text, "claude-opus-5", input_tokens=10**6) == 1
    assert rates_of(tmp_path, text, "claude-opus-5", output_tokens=10**6) == 25


def test_a_new_model_can_be_added_with_a_step_for_long_prompts(tmp_path):
    model = {"model": '"claude-next"'}
    text = (
        override(**model, rates="{ input = 2, output = 8, web_search = 0.02 }")
        + "\n"
        + override(**model, rates="{ input = 4, output = 16 }", above_tokens="100_000")
    )
    assert rates_of(tmp_path, text, "claude-next", input_tokens=100_000) == Decimal("0.2")
    assert rates_of(tmp_path, text, "claude-next", input_tokens=100_001) == Decimal("0.400004")
    assert rates_of(tmp_path, text, "claude-next", cache_read_tokens=10) == Decimal("0.00002")
    assert rates_of(tmp_path, text, "claude-next", web_searches=1) == Decimal("0.02")


def test_a_withdrawn_model_is_unknown_from_that_day(tmp_path):
    text = override(withdrawn="true", model='"claude-opus-5"', valid_from="2026-11-01")
    assert rates_of(tmp_path, text, "claude-opus-5", "2026-10-31", input_tokens=10**6) == 5
    with pytest.raises(UnknownPriceError, match="no price in force for anthropic/claude-opus-5"):
        rates_of(tmp_path, text, "claude-opus-5", input_tokens=1)


def test_two_rows_for_the_same_thing_in_the_table_are_refused(db):
    export_prices(db, DEFAULTS / FILE)
    twin = "insert into prices by name select * replace ('twin' as price_id) from prices where "
    db.execute(twin + "price_id = 'anthropic/claude-opus-5#input'")
    with pytest.raises(ValueError, match="claude-opus-5#input and twin hold at the same time"):
        load_book(db)


def a_name_of(model: ModelInfo) -> str | None:
    """A name under which the list finds this model."""
    return model.id if model.is_match(model.id) else None


def listed() -> Iterator[tuple[Provider, ModelInfo, str]]:
    for provider in get_snapshot().providers:
        for model in provider.models:
            name = a_name_of(model)
            if name and provider.find_model(name) is model:
                yield provider, model, name


def priced_units(model: ModelInfo) -> set[str]:
    prices = model.get_prices(NOW.replace(hour=12))
    return {key for key, value in vars(prices).items() if value is not None}


def test_without_corrections_our_arithmetic_agrees_with_the_lists_own():
    """Every listed model that is priced by tokens alone, on one usage with a cache in it."""
    book = PriceBook(listed_prices.rows())
    at = NOW.replace(hour=12)
    compared = 0
    theirs = Usage(
        input_tokens=260_000, cache_read_tokens=90_000, cache_write_tokens=10_000,
        cache_write_1h_tokens=4_000, output_tokens=1_000,
    )  # fmt: skip
    ours = OurUsage(
        input_tokens=160_000, cache_read_tokens=90_000, cache_write_5m_tokens=6_000,
        cache_write_1h_tokens=4_000, output_tokens=1_000,
    )  # fmt: skip
    for provider, model, name in listed():
        if {"input_mtok", "output_mtok"} <= priced_units(model) and "requests_kcount" not in (
            priced_units(model)
        ):
            found = model.calc_price(theirs, provider, genai_request_timestamp=at)
            assert book.rates((provider.id, name), at).cost(ours) == found.total_price, (
                provider.id,
                name,
            )
            compared += 1
    assert compared > 1500
