"""The journal and its way into the ledger."""

import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector import ledger
from collector.files import journal_folder, ledger_file
from collector.journal import Journal
from collector.loader import Loader, load_all
from collector.recorder import Recorder
from router.call import Attempt, Bill, Call, Facts, Kind, Metered, Result, Usage

ASKED_AT = datetime(2026, 11, 22, 12, 0)


def a_call(number: int, **facts: Any) -> Call:
    usage = Usage(input_tokens=1000, output_tokens=100)
    attempt = Attempt(
        attempt_no=1,
        provider="anthropic",
        model="claude-opus-4-6",
        bill=Bill.CASH,
        result=Result.OK,
        started_at=ASKED_AT,
        status=200,
        metered=Metered(usage=usage, model="claude-opus-4-6", complete=True),
    )
    return Call(
        call_id=f"call_{number}",
        asked_at=ASKED_AT,
        facts=Facts(kind=Kind.MAIN, **facts),
        attempts=(attempt,),
        result=Result.OK,
        status=200,
    )


def record(folder: Path, numbers: range, **facts: Any) -> None:
    journal = Journal(journal_folder(folder))
    recorder = Recorder(journal, folder / "bodies", lambda: False)
    for number in numbers:
        recorder.started(a_call(number, **facts))
        recorder.ended(a_call(number, **facts))
    journal.close()


def call_ids(folder: Path) -> list[str]:
    with ledger.reading(ledger_file(folder)) as db:
        found = db.execute("select call_id from calls order by call_id").fetchall()
    return [call_id for (call_id,) in found]


def test_what_was_recorded_is_loaded_with_its_price(tmp_path: Path):
    record(tmp_path, range(3))
    load_all(tmp_path)
    with ledger.reading(ledger_file(tmp_path)) as db:
        rows = db.execute("select list_usd, cost_usd, baseline_usd, result from calls").fetchall()
    assert [(float(a), float(b), float(c), d) for a, b, c, d in rows] == [
        (0.0075, 0.0075, 0.0075, "ok")
    ] * 3


def test_loading_again_adds_nothing(tmp_path: Path):
    record(tmp_path, range(3))
    load_all(tmp_path)
    load_all(tmp_path)
    assert call_ids(tmp_path) == ["call_0", "call_1", "call_2"]


def test_a_torn_last_line_waits_and_harms_nothing(tmp_path: Path):
    record(tmp_path, range(2))
    [segment] = journal_folder(tmp_path).glob("*.jsonl")
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-20])
    load_all(tmp_path)
    assert call_ids(tmp_path) == ["call_0", "call_1"]
    with ledger.reading(ledger_file(tmp_path)) as db:
        [(still_open,)] = db.execute("select count(*) from open_calls").fetchall()
    assert still_open == 1
    segment.write_bytes(whole)
    load_all(tmp_path)
    assert call_ids(tmp_path) == ["call_0", "call_1"]


@pytest.mark.parametrize(
    "line",
    [b"{}", b"not json", b'{"row":"end"}', b"[1]", b'"text"', b'{"row":"start","asked_at":7}'],
)
def test_a_record_that_nobody_can_read_is_set_aside_and_the_rest_loaded(
    tmp_path: Path, line: bytes
):
    record(tmp_path, range(2))
    [segment] = journal_folder(tmp_path).glob("*.jsonl")
    segment.write_bytes(line + b"\n" + segment.read_bytes())
    load_all(tmp_path)
    assert call_ids(tmp_path) == ["call_0", "call_1"]
    assert (tmp_path / "rejected.jsonl").read_bytes() == line + b"\n"


def test_a_value_too_large_for_its_column_costs_that_record_only(tmp_path: Path):
    record(tmp_path, range(1), max_tokens=2**40)
    record(tmp_path, range(1, 3))
    load_all(tmp_path)
    assert call_ids(tmp_path) == ["call_0", "call_1", "call_2"]
    with ledger.reading(ledger_file(tmp_path)) as db:
        finished = db.execute("select call_id from call_log order by 1").fetchall()
    assert finished == [("call_1",), ("call_2",)]
    assert b"call_0" in (tmp_path / "rejected.jsonl").read_bytes()


def test_two_loaders_at_once_load_each_call_once(tmp_path: Path):
    for begin in range(0, 600, 200):
        record(tmp_path, range(begin, begin + 200))
    ledger.migrate(ledger_file(tmp_path))
    spawn = multiprocessing.get_context("spawn")
    loaders = [spawn.Process(target=load_all, args=(tmp_path,)) for _ in range(3)]
    for process in loaders:
        process.start()
    for process in loaders:
        process.join(timeout=60)
    assert [process.exitcode for process in loaders] == [0, 0, 0]
    assert sorted(call_ids(tmp_path)) == sorted(f"call_{number}" for number in range(600))


def test_a_lost_ledger_is_rebuilt_from_the_journal(tmp_path: Path):
    record(tmp_path, range(5))
    load_all(tmp_path)
    ledger_file(tmp_path).unlink()
    load_all(tmp_path)
    assert len(call_ids(tmp_path)) == 5


def test_loaded_segments_go_after_their_days_and_others_stay(tmp_path: Path):
    record(tmp_path, range(1))
    [old] = journal_folder(tmp_path).glob("*.jsonl")
    loader = Loader(tmp_path)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    os.utime(old, (long_ago, long_ago))
    loader.tidy()
    assert old.exists(), "not loaded yet"
    while loader.load() or loader.pending_bytes():
        pass
    record(tmp_path, range(1, 2))
    loader.tidy()
    assert not old.exists()
    assert len(list(journal_folder(tmp_path).glob("*.jsonl"))) == 1


def test_a_price_that_is_set_while_the_gate_runs_counts_from_the_next_call_on(tmp_path: Path):
    own = '[[price]]\nprovider = "anthropic"\nmodel = "claude-opus-4-6"\nreason = "ours"\n'
    loader = Loader(tmp_path)
    record(tmp_path, range(1))
    while loader.pending_bytes():
        loader.load()
    (tmp_path / "price_overrides.toml").write_text(own + "rates = { input = 1000, output = 0 }\n")
    record(tmp_path, range(1, 2))
    while loader.pending_bytes():
        loader.load()
    with ledger.reading(ledger_file(tmp_path)) as db:
        rows = db.execute("select call_id, list_usd from calls order by 1").fetchall()
    assert [(call_id, float(usd)) for call_id, usd in rows] == [("call_0", 0.0075), ("call_1", 1)]


def test_the_plan_that_the_policy_names_is_known_to_the_shell(tmp_path: Path):
    (tmp_path / "policy.toml").write_text('plan = "max20x"\nplan_usd = 200\n')
    record(tmp_path, range(1))
    load_all(tmp_path)
    with ledger.reading(ledger_file(tmp_path)) as db:
        told = dict(db.execute("select name, value from settings").fetchall())
    assert (told["plan"], float(told["plan_usd"])) == ("max20x", 200)


def test_a_new_ledger_gets_the_old_segments_too(tmp_path: Path):
    record(tmp_path, range(2))
    loader = Loader(tmp_path)
    while loader.pending_bytes():
        loader.load()
    ledger_file(tmp_path).unlink()
    record(tmp_path, range(2, 3))
    while loader.pending_bytes():
        loader.load()
    assert call_ids(tmp_path) == ["call_0", "call_1", "call_2"]
