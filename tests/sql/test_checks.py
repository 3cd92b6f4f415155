"""Each check finds the one thing that it is there to find."""

from pathlib import Path

import pytest

from collector import ledger
from collector.files import SQL
from router.call import Result
from tests.story import MAX, SONNET, tell

DAMAGE = {
    "attempt_without_call": "delete from call_log",
    "attempts_miscounted": "update call_log set attempts = 7",
    "attempts_out_of_order": "update attempt_log set attempt_no = 3 where attempt_no = 2",
    "call_sums_differ_from_attempts": "update call_log set list_usd = list_usd + 0.000000001",
    "cash_off_the_bill": "update attempt_log set bill = 'plan', cost_usd = 1",
    "duplicate_calls": "insert into call_log from call_log",
    "message_counted_twice": """
        update call_log set message_id = 'msg_1';
        insert into transcript_calls (call_id, message_id) values ('told', 'msg_1')""",
    "negative_numbers": "update attempt_log set output_tokens = -1",
    "overlapping_prices": """
        insert into prices (price_id, provider, match, unit, valid_from, valid_to) values
            ('a', 'anthropic', 'opus', 'input', '2026-01-01', '2026-03-01'),
            ('b', 'anthropic', 'opus', 'input', '2026-02-01', null)""",
    "price_row_missing": "update attempt_log set price_ids = ['gone']",
    "reviews_of_nothing": "insert into reviews (session_id, outcome) values ('s1', 'perhaps')",
    "task_signals_wrong": """
        insert into task_signals (task_id, session_id, outcome, is_hard)
        values ('t', 's1', 'pass', null)""",
    "unpriced_as_free": "update attempt_log set unpriced = 'no price', list_usd = 0",
    "unknown_words": "update call_log set result = 'perhaps'",
    "calls_from_the_future": "update call_log set asked_at = '2999-01-01'",
}


@pytest.mark.parametrize("check", DAMAGE)
def test_damage_is_found(path: Path, check: str):
    tell(path, ("2026-02-03 09:00", "main", [(MAX, Result.LIMIT_HIT), (SONNET, Result.OK)]))
    query = (SQL / "checks" / f"{check}.sql").read_text()
    with ledger.writing(path) as db:
        assert db.sql(query).pl().is_empty()
        db.execute(DAMAGE[check])
        assert not db.sql(query).pl().is_empty()


def test_prices_that_follow_each_other_do_not_overlap(path: Path):
    query = (SQL / "checks" / "overlapping_prices.sql").read_text()
    with ledger.writing(path) as db:
        db.execute("""
            insert into prices (price_id, provider, match, unit, valid_from, valid_to) values
                ('a', 'anthropic', 'opus', 'input', null, '2026-02-01'),
                ('b', 'anthropic', 'opus', 'input', '2026-02-01', null)""")
        assert db.sql(query).pl().is_empty()
