from decimal import Decimal
from pathlib import Path

from collector import ledger
from tests.collector.transcripts_story import History, answer

WIRE = """
insert into call_log (call_id, asked_at, kind, message_id, request_id, input_tokens,
                      cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens,
                      output_tokens, list_usd)
values ('c1', '2026-03-02 09:00:00', 'main', 'msg_1', 'req_1', 10, 0, 0, 0, 150, 0.00375),
       ('c2', '2026-03-02 09:00:00', 'title', 'msg_9', 'req_9', 10, 0, 0, 0, 8, 0.0002),
       ('c3', '2026-03-02 09:00:00', 'count_tokens', null, 'req_8', 0, 0, 0, 0, 0, 0)
"""


def test_a_day_shows_who_saw_which_calls_and_by_how_much_they_differ(tmp_path: Path):
    history = History(tmp_path)
    with ledger.writing(history.ledger) as db:
        db.execute(WIRE)
    history.write("s1.jsonl", answer("09:00:01"), answer("09:05:00", id="msg_2"))
    history.load()
    with ledger.reading(history.ledger) as db:
        [day] = ledger.ask(db, "reconcile", month="2026-03-01", zone="UTC").rows(named=True)
    calls = ("both_calls", "wire_only_calls", "transcript_only_calls")
    assert [day[name] for name in calls] == [1, 1, 1]
    assert day["both_list_usd"] == Decimal("0.00375")
    assert day["transcript_only_list_usd"] == Decimal("0.0025")
    assert day["usd_beyond_transcript"] == Decimal("0.00125")
    assert day["tokens_beyond_transcript"] == 50
