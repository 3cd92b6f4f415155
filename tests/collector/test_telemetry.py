"""Claude Code's own telemetry: taken at the gate's door, counted once, never a prompt."""

import gzip
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector import ledger, reprice
from collector.files import SQL, journal_folder, ledger_file
from collector.journal import Journal
from collector.loader import Loader
from router.otlp import told_in
from tests.asking import ask
from tests.collector.transcripts_story import History, answer
from tests.fakes.anthropic import FakeAnthropic
from tests.running import RunningGate, running_gate

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "otlp"
JSON = {"content-type": "application/json"}
LARGE = gzip.compress(b" " * (40 << 20), mtime=0)
OTEL = "select * from calls where source = 'otel' order by asked_at"


def payload(*requests: dict[str, Any]) -> dict[str, Any]:
    """A batch: per request its attributes; `ended_at` (naive UTC) is now unless told."""
    records = []
    for number, told in enumerate(requests):
        attributes = {"event.name": "api_request", "session.id": "s1", "model": "claude-opus-4-8",
                      "query_source": "sdk", "input_tokens": 100, "output_tokens": 10,
                      "event.sequence": number, **told}  # fmt: skip
        ended_at = attributes.pop("ended_at", datetime.now(UTC).replace(tzinfo=None))
        nanos = int(ended_at.replace(tzinfo=UTC).timestamp() * 1000) * 1_000_000
        rows = [
            {"key": key, "value": {"stringValue": str(value)}} for key, value in attributes.items()
        ]
        records.append({"timeUnixNano": str(nanos), "attributes": rows})
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}


def send(gate: RunningGate, said: Any, path: str = "/v1/logs") -> httpx.Response:
    return httpx.post(gate.url + path, json=said)


@pytest.fixture(scope="module")
def own_gate(tmp_path_factory: pytest.TempPathFactory):
    with FakeAnthropic() as fake, running_gate(fake.url, tmp_path_factory.mktemp("otel")) as gate:
        yield gate, fake


def test_a_recorded_batch_is_a_priced_call_and_nothing_goes_upstream(own_gate: Any):
    gate, fake = own_gate
    logs = json.loads((GOLDEN / "logs.json").read_text())
    assert send(gate, logs, "/shop/v1/logs").json() == {}
    assert send(gate, logs, "/shop/v1/logs").status_code == 200, "sent again, as exporters do"
    metrics = (GOLDEN / "metrics.json").read_bytes()
    assert httpx.post(gate.url + "/v1/metrics", content=metrics, headers=JSON).json() == {}
    assert send(gate, {"resourceSpans": []}, "/v1/traces").json() == {}
    [call] = gate.rows_when(OTEL, lambda rows: len(rows) >= 1)
    assert (call["source"], call["kind"], call["project"]) == ("otel", "main", "shop")
    assert (call["provider"], call["bill"], call["result"]) == ("anthropic", "cash", "ok")
    writes = (call["cache_write_5m_tokens"], call["cache_write_1h_tokens"])
    assert writes == (500, 1000), "as Claude Code's own price implies"
    assert call["list_usd"] == Decimal("0.027185")
    assert len(gate.rows("select * from attempts where source = 'otel'")) == 1
    assert fake.seen == []


def test_gzip_is_unpacked(own_gate: Any):
    gate, _ = own_gate
    body = gzip.compress(json.dumps(payload({"request_id": "req_zip"})).encode())
    headers = {**JSON, "content-encoding": "gzip"}
    assert httpx.post(gate.url + "/v1/logs", content=body, headers=headers).status_code == 200
    found = gate.rows_when(f"from ({OTEL}) where request_id = 'req_zip'", len)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("content", "headers", "status", "why"),
    [
        (b"\x0a\x00", {"content-type": "application/x-protobuf"}, 415, "PROTOCOL=http/json"),
        (b"{}", {}, 415, "PROTOCOL=http/json"),
        (b"{}", {**JSON, "content-encoding": "br"}, 415, "gzip"),
        (b"{", JSON, 400, "no OTLP in JSON"),
        (b"[]", JSON, 400, "no OTLP in JSON"),
        (b'{"resourceLogs": 3}', JSON, 400, "resourceLogs"),
        (b"no gzip", {**JSON, "content-encoding": "gzip"}, 400, "gzip"),
        (gzip.compress(b"{}", mtime=0)[:-9], {**JSON, "content-encoding": "gzip"}, 400, "gzip"),
        (b" " * (5 << 20), JSON, 413, "4 MB"),
        (LARGE, {**JSON, "content-encoding": "gzip"}, 413, "32 MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_in_one_line(
    own_gate: Any, content: bytes, headers: dict[str, str], status: int, why: str
):
    gate, fake = own_gate
    refused = httpx.post(gate.url + "/v1/logs", content=content, headers=headers)
    assert refused.status_code == status
    assert why in refused.json()["message"]
    assert "\n" not in refused.json()["message"]
    assert fake.seen == []


def test_one_bad_record_leaves_the_whole_batch_out(own_gate: Any):
    gate, _ = own_gate
    batch = payload({"request_id": "req_half"}, {"input_tokens": "many"})
    assert send(gate, batch).status_code == 400
    assert send(gate, payload({"request_id": "req_after"})).status_code == 200
    gate.rows_when(f"from ({OTEL}) where request_id = 'req_after'", len)
    assert gate.rows("select * from telemetry_calls where request_id = 'req_half'") == []


def test_no_word_of_a_prompt_an_answer_or_an_account_is_kept(own_gate: Any):
    gate, _ = own_gate
    told = {"request_id": "req_words", "prompt": "hushhush", "user.account_uuid": "hushhush",
            "error": "hushhush", "user.email": "hushhush"}  # fmt: skip
    prompt = {"event.name": "user_prompt", "prompt": "hushhush"}
    assert send(gate, payload(told, prompt)).status_code == 200
    [call] = gate.rows_when(f"from ({OTEL}) where request_id = 'req_words'", len)
    assert (call["bill"], call["provider"], call["cost_usd"]) == ("plan", "max", 0)
    files = [file for file in gate.folder.rglob("*") if file.is_file()]
    assert all(b"hushhush" not in file.read_bytes() for file in files)


def test_a_call_that_the_gate_saw_is_counted_once_whoever_tells_first(own_gate: Any):
    gate, fake = own_gate
    fake.seen.clear()
    assert ask(gate.url).status_code == 200
    [request_id] = [seen.request_id for seen in fake.calls]
    assert send(gate, payload({"request_id": request_id, "cost_usd": "1.5"})).status_code == 200
    known = f"select * from telemetry_calls where request_id = '{request_id}'"
    [told] = gate.rows_when(known, lambda rows: rows and rows[0]["known_call_id"])
    [call] = gate.rows(f"select * from calls where request_id = '{request_id}'")
    assert (call["source"], call["call_id"]) == ("proxy", told["known_call_id"])


def journalled(folder: Path, *requests: dict[str, Any]) -> None:
    """As a gate writes it down, and as its loader loads it."""
    journal = Journal(journal_folder(folder))
    for told in told_in(payload(*requests)):
        journal.append({"row": "telemetry", "project": None, **asdict(told)})
    journal.close()
    loader = Loader(folder)
    while loader.load():
        pass


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    with ledger.reading(ledger_file(folder)) as db:
        return db.sql(query).pl().to_dicts()


AT = datetime(2026, 3, 2, 9, 0, 2)


@pytest.mark.parametrize("transcript_first", [True, False])
def test_a_transcripts_call_is_counted_once_in_either_order(tmp_path: Path, transcript_first: bool):
    history = History(tmp_path)
    history.write("s1.jsonl", answer("09:00:01"))
    assert history.ledger == ledger_file(tmp_path)
    if transcript_first:
        history.load()
    journalled(
        tmp_path, {"request_id": "req_1", "ended_at": AT}, {"request_id": "req_x", "ended_at": AT}
    )
    history.load()
    found = rows(tmp_path, "select source, request_id from calls order by source desc")
    assert [tuple(row.values()) for row in found] == [("transcript", "req_1"), ("otel", "req_x")]


def test_reconcile_shows_the_third_source(tmp_path: Path):
    history = History(tmp_path)
    history.write("s1.jsonl", answer("09:00:01"))
    history.load()
    journalled(
        tmp_path,
        {"request_id": "req_1", "ended_at": AT, "cost_usd": "0.002"},
        {"request_id": "req_x", "ended_at": AT, "cost_usd": "0.00075"},
        {"event.name": "api_error", "status_code": 529, "ended_at": AT},
    )
    with ledger.reading(ledger_file(tmp_path)) as db:
        [day] = ledger.ask(db, "reconcile", month="2026-03-01", zone="UTC").rows(named=True)
    assert (day["telemetry_calls"], day["telemetry_only_calls"]) == (2, 1)
    assert day["transcript_only_calls"] == 1
    assert day["telemetry_only_list_usd"] == Decimal("0.00075")
    assert day["usd_beyond_telemetry"] == day["transcript_only_list_usd"] - Decimal("0.002")


def test_without_a_request_id_a_call_is_known_by_session_tokens_and_time(tmp_path: Path):
    wire = """
        insert into call_log
            (call_id, asked_at, kind, session_id, result, input_tokens, output_tokens)
        values ('c1', '2026-03-02 09:00:00', 'main', 's1', 'ok', 100, 10)"""
    with ledger.writing(ledger_file(tmp_path)) as db:
        db.execute(wire)
    journalled(
        tmp_path,
        {"ended_at": AT},
        {"ended_at": AT, "output_tokens": 11},
        {"ended_at": AT, "session.id": "s2"},
        {"ended_at": AT + timedelta(minutes=5)},
    )
    known = rows(
        tmp_path, "select known_call_id as known from telemetry_calls order by known nulls last"
    )
    assert [row["known"] for row in known] == ["c1", None, None, None]


@pytest.mark.parametrize(
    ("source", "kind"),
    [("sdk", "main"), ("repl_main_thread", "main"), ("agent:builtin:Explore", "subagent"),
     ("compact", "compact"), ("generate_session_title", "title"), ("tomorrow", "other"),
     ("", "other")],
)  # fmt: skip
def test_the_kind_is_read_from_who_asked(tmp_path: Path, source: str, kind: str):
    journalled(tmp_path, {"query_source": source, "model": "claude-opus-4-8[1m]", "ended_at": AT})
    [call] = rows(tmp_path, OTEL)
    assert (call["kind"], call["answered_model"]) == (kind, "claude-opus-4-8")
    assert call["list_usd"] > 0


@pytest.mark.parametrize(
    ("status", "result"),
    [(429, "rate_limited"), (529, "overloaded"), (400, "rejected"), (500, "failed"),
     ("", "unreachable")],
)  # fmt: skip
def test_an_error_is_a_call_that_cost_nothing(tmp_path: Path, status: object, result: str):
    journalled(tmp_path, {"event.name": "api_error", "status_code": status, "ended_at": AT})
    [call] = rows(tmp_path, OTEL)
    assert (call["result"], call["list_usd"], call["cost_usd"]) == (result, 0, 0)


def test_a_price_of_another_model_says_nothing_of_cache_writes(tmp_path: Path):
    told = {"cache_creation_tokens": 1000, "ended_at": AT}
    journalled(tmp_path, {**told, "cost_usd": "99"}, {**told, "event.sequence": 9})
    found = rows(tmp_path, OTEL)
    assert [(row["cache_write_5m_tokens"], row["cache_write_1h_tokens"]) for row in found] == [
        (1000, 0), (1000, 0),
    ]  # fmt: skip


def test_every_check_passes_and_a_new_price_reaches_what_telemetry_told(tmp_path: Path):
    journalled(
        tmp_path, {"model": "claude-new-9", "ended_at": AT}, {"ended_at": AT, "event.sequence": 5}
    )
    for file in sorted((SQL / "checks").glob("*.sql")):
        assert rows(tmp_path, file.read_text()) == [], file.stem
    override = """
[[price]]
provider = "anthropic"
model = "claude-new-9"
rates = { input = 4, output = 20, cache_read = 0.4, cache_write_5m = 5, cache_write_1h = 8 }
reason = "test"
"""
    [before] = rows(tmp_path, "select list_usd from calls where answered_model = 'claude-new-9'")
    assert before["list_usd"] is None
    with (tmp_path / "price_overrides.toml").open("a") as file:
        file.write(override)
    reprice.reprice(tmp_path, None, None)
    [after] = rows(tmp_path, "select list_usd from calls where answered_model = 'claude-new-9'")
    assert after["list_usd"] == Decimal("0.0006")
