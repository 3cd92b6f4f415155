"""A ledger that an earlier version wrote is filled up with what later tables hold."""

from pathlib import Path

from collector import ledger
from router.call import Result
from tests.story import LOCAL, MAX, OPUS, tell

OPUS_RATES = ("anthropic/claude-opus-4-6#input", "anthropic/claude-opus-4-6#output")


def test_calls_of_before_learn_which_row_priced_them(path: Path):
    tell(
        path,
        ("2026-02-03 09:00", "main", [(OPUS, Result.OK)], {"price_ids": OPUS_RATES}),
        ("2026-02-03 09:01", "main", [(MAX, Result.LIMIT_HIT), (OPUS, Result.OK)],
         {"price_ids": OPUS_RATES}),
        ("2026-02-03 09:02", "main", [(OPUS, Result.OK), (MAX, Result.OVERLOADED)],
         {"price_ids": OPUS_RATES}),
        ("2026-02-03 09:03", "title", [(LOCAL, Result.OK)]),
    )  # fmt: skip
    asked = "select asked_at, price_id from call_log order by asked_at"
    with ledger.writing(path) as db:
        told = db.execute(asked).fetchall()
        db.execute("alter table call_log drop column price_id")
        db.execute("delete from migrations where name in ('008_price_of_calls.sql', 'views')")
    assert [price_id for _, price_id in told] == [OPUS_RATES[0]] * 3 + [None]
    with ledger.reading(path) as db:
        assert db.execute(asked).fetchall() == told
