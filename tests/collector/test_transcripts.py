from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector import ledger
from collector.transcripts.files import default_roots
from collector.transcripts.link import link_wire_calls
from tests.collector.transcripts_story import History, answer, notice, text_of, user


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_an_answer_of_three_blocks_is_one_call(history: History):
    history.write(
        "s1.jsonl",
        answer("09:00:01", usage={"output_tokens": 2}, stop_reason=None),
        answer("09:00:02", usage={"output_tokens": 2}, stop_reason=None),
        answer("09:00:03", usage={"output_tokens": 321}),
    )
    report = history.load()
    assert (report.files, report.calls, report.output_tokens) == (1, 1, 321)
    assert history.only()["asked_at"] == datetime(2026, 3, 2, 9, 0, 3)
    assert report.partial == 0


def test_the_largest_row_is_taken_whole_wherever_it_stands(history: History):
    history.write(
        "s1.jsonl",
        answer("09:00:01", usage={"output_tokens": 300, "input_tokens": 5}),
        answer("09:00:02", usage={"output_tokens": 9, "input_tokens": 7000}),
    )
    assert (history.load().output_tokens, history.only()["input_tokens"]) == (300, 5)


def test_a_second_import_counts_the_same_and_adds_nothing(history: History):
    history.write("s1.jsonl", answer(), answer(id="msg_2"))
    assert history.load() == history.load()
    assert len(history.rows()) == 2


def test_without_a_request_id_the_message_id_tells_calls_apart(history: History):
    history.write(
        "s1.jsonl",
        answer(requestId=None),
        answer("09:00:02", requestId=None),
        answer(requestId=None, id="msg_2"),
    )
    assert history.load().calls == 2


def test_without_any_id_each_line_is_a_call(history: History):
    history.write("s1.jsonl", answer(id=None), answer(id=None))
    assert history.load().calls == 2


def test_a_copy_without_its_request_id_is_not_a_second_call(history: History):
    history.write("s1.jsonl", answer(requestId=None))
    history.write("s2.jsonl", answer())
    assert history.load().calls == 1


def test_a_replay_beside_the_conversation_is_no_call(history: History):
    replay = answer(requestId="req_2", isSidechain=True, usage={"cache_read_input_tokens": 50_000})
    history.write("a.jsonl", replay)
    history.load()
    history.write("b.jsonl", answer())
    assert history.load().calls == 1
    assert history.only()["request_id"] == "req_1"


def test_progress_lines_fall_together_with_the_agent_s_own(history: History):
    told = answer("09:00:05", usage={"output_tokens": 40})
    shown = {name: told[name] for name in ("type", "timestamp", "message", "requestId")}
    history.write(
        "s1.jsonl",
        user(type="progress", data={"type": "agent_progress", "agentId": "a1", "message": shown}),
    )
    assert history.load().output_tokens == 40
    assert history.only()["kind"] == "subagent"
    final = answer("09:00:06", isSidechain=True, agentId="a1", usage={"output_tokens": 90})
    history.write("s1/subagents/agent-a1.jsonl", final)
    report = history.load()
    assert (report.calls, report.output_tokens) == (1, 90)


def test_a_fork_s_copies_belong_to_the_session_that_was_first(history: History):
    old, new = answer("09:00:00"), answer("11:00:00", id="msg_2", sessionId="fork")
    history.write("0-fork.jsonl", old | {"sessionId": "fork"}, new)
    history.load()
    history.write("s1.jsonl", old)
    report = history.load()
    assert report.calls == 2
    assert {row["message_id"]: row["session_id"] for row in history.rows()} == {
        "msg_1": "s1",
        "msg_2": "fork",
    }
    assert history.load(history.path("0-fork.jsonl")).calls == 2
    assert history.load(history.path("s1.jsonl")).calls == 1


def test_a_torn_line_waits_until_it_is_whole(history: History):
    whole = text_of(answer("09:00:05", id="msg_2"))
    history.write("s1.jsonl", answer())
    history.append("s1.jsonl", whole[:200])
    assert history.load().calls == 1
    history.append("s1.jsonl", whole[200:])
    assert history.load().calls == 2


def test_a_line_written_on_after_a_torn_one_is_found(history: History):
    history.write("s1.jsonl", '{"parentUuid":null,"message":{"id' + text_of(answer()).decode())
    assert history.load().calls == 1


def test_lines_that_are_no_call_are_passed_over(history: History):
    history.write(
        "s1.jsonl",
        '"a bare string with \\"usage\\""',
        "[1]",
        '{"type":"unheard-of","message":{"usage":{"output_tokens":5}}}',
        '{"type":"assistant","message":{"id":[],"usage":{"output_tokens":"many"}}}',
        answer(content=[{"type": "tool_use", "input": {"usage": {"a": [1]}, "x": None}}]),
        answer(id="msg_2", content=[{"type": "tool_use", "input": {"v": [1], "stop_reason": 1}}]),
    )
    assert (history.load().calls, history.load().output_tokens) == (2, 200)


def test_half_a_surrogate_pair_does_not_lose_the_call(history: History):
    line = text_of(answer(gitBranch="x")).replace(b'"x"', b'"\\ud83d"').decode()
    history.write("s1.jsonl", line)
    assert history.load().calls == 1


def test_a_file_that_shrank_is_read_anew(history: History):
    history.write("s1.jsonl", answer(), answer(id="msg_2"))
    history.load()
    history.write("s1.jsonl", answer(id="msg_3"))
    history.load()
    assert {row["message_id"] for row in history.rows()} == {"msg_1", "msg_2", "msg_3"}


def test_a_file_that_was_replaced_by_a_longer_one_is_read_anew(history: History):
    history.write("s1.jsonl", answer())
    history.load()
    history.write("s1.jsonl", answer(id="msg_3"), answer(id="msg_4"), answer(id="msg_5"))
    assert history.load().calls == 4


def test_cache_writes_without_a_split_count_as_of_five_minutes(history: History):
    empty = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
    split = {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000}
    usage = {"cache_creation_input_tokens": 1500}
    history.write(
        "s1.jsonl",
        answer(usage={**usage, "cache_creation": empty}),
        answer(id="msg_2", usage={**usage, "cache_creation": split}),
        answer(id="msg_3", usage=usage),
    )
    report = history.load()
    assert (report.cache_write_5m_tokens, report.cache_write_1h_tokens) == (3500, 1000)


def test_searches_speed_and_iterations_are_kept(history: History):
    runs = [{"type": "message", "input_tokens": 3, "output_tokens": 4}]
    usage = {"server_tool_use": {"web_search_requests": 2}, "speed": "fast", "iterations": runs}
    history.write("s1.jsonl", answer(usage=usage))
    history.load()
    row = history.only()
    assert (row["web_searches"], row["speed"]) == (2, "fast")
    assert '"output_tokens":4' in row["iterations"]


def test_a_model_without_a_price_is_counted_and_not_free(history: History):
    history.write("s1.jsonl", answer(model="qwen3-coder:30b"), answer(id="msg_2"))
    report = history.load()
    assert (report.unpriced, report.list_usd) == (1, Decimal("0.0025"))
    assert history.rows()[1]["list_usd"] is None or history.rows()[0]["list_usd"] is None


def test_an_agent_s_last_call_is_mended_from_what_its_parent_was_told(history: History):
    stub = {
        "stop_reason": None,
        "isSidechain": True,
        "agentId": "a1",
        "usage": {"output_tokens": 2},
    }
    history.write(
        "s1/subagents/agent-a1.jsonl",
        answer("09:00:01", id="msg_1", **{**stub, "usage": {"output_tokens": 2}}),
        answer("09:00:02", id="msg_2", **{**stub, "usage": {"output_tokens": 2}}),
    )
    assert history.load().partial == 2
    ended = {"agentId": "a1", "agentType": "Explore", "usage": {"output_tokens": 321}}
    history.write("s1.jsonl", user("09:00:03", toolUseResult=ended))
    report = history.load()
    assert (report.partial, report.output_tokens) == (1, 323)
    assert {row["agent_type"] for row in history.rows()} == {"Explore"}
    assert report.list_usd == 323 * Decimal("0.000025")


def test_mending_moves_on_when_a_later_call_turns_up(history: History):
    told = {"stop_reason": None, "isSidechain": True, "agentId": "a1"}
    first = answer("09:00:01", id="msg_1", **told, usage={"output_tokens": 2})
    last = answer("09:00:02", id="msg_2", **told, usage={"output_tokens": 3})
    ended = {"agentId": "a1", "usage": {"output_tokens": 321}}
    history.write("s1.jsonl", user("09:00:03", toolUseResult=ended))
    history.write("s1/subagents/agent-a1.jsonl", first)
    assert history.load().output_tokens == 321
    history.append("s1/subagents/agent-a1.jsonl", text_of(last))
    assert history.load().output_tokens == 323
    assert {row["message_id"]: row["partial"] for row in history.rows()} == {
        "msg_1": True,
        "msg_2": False,
    }


def test_agents_know_their_type_and_who_started_them(history: History):
    folder = "s1/subagents"
    start = [{"type": "tool_use", "id": "toolu_2", "name": "Agent", "input": {}}]
    history.write(f"{folder}/agent-a1.jsonl", answer(agentId="a1", content=start))
    history.write(f"{folder}/agent-a2.jsonl", answer(id="msg_2", agentId="a2"))
    for agent, depth in (("a1", 1), ("a2", 2)):
        meta = history.path(f"{folder}/agent-{agent}.meta.json")
        meta.write_text(f'{{"agentType":"Plan","toolUseId":"toolu_{depth}","spawnDepth":{depth}}}')
    history.load()
    told = [(row["agent_id"], row["agent_type"], row["parent_agent_id"]) for row in history.rows()]
    assert told == [("a1", "Plan", None), ("a2", "Plan", "a1")]


def test_compaction_by_an_agent_is_a_kind_of_its_own(history: History):
    history.write("s1/subagents/agent-acompact-1.jsonl", answer(agentId="acompact-1"))
    history.load()
    assert history.only()["kind"] == "compact"


def test_a_limit_notice_is_a_hit_and_its_session_runs_on_a_plan(history: History):
    history.write(
        "s1.jsonl",
        answer(),
        notice("You've hit your session limit · resets 10:56pm (UTC)"),
        notice("API Error: Request rejected (429) · no", id="other"),
    )
    history.write("s2.jsonl", answer(id="msg_2", sessionId="s2"))
    report = history.load()
    assert (report.calls, report.limit_hits) == (2, 1)
    hit = history.only("limit_hits")
    assert (hit["limit_window"], hit["request_id"]) == ("five_hour", "req_9")
    assert hit["resets_at"] == datetime(2026, 3, 2, 22, 56)
    bills = {row["session_id"]: (row["bill"], row["cost_usd"]) for row in history.rows()}
    assert bills == {"s1": ("plan", 0), "s2": ("cash", Decimal("0.0025"))}


def test_a_session_is_named_as_the_person_named_it(history: History):
    history.write(
        "s1.jsonl",
        user(),
        answer(),
        {"type": "custom-title", "customTitle": "Checkout", "sessionId": "s1"},
        {"type": "ai-title", "aiTitle": "Refactor the parser", "sessionId": "s1"},
    )
    history.load()
    facts = history.only("session_facts")
    assert (facts["title"], facts["project"], facts["git_branch"]) == ("Checkout", "shop", "main")


def test_work_in_a_worktree_belongs_to_its_repository(history: History):
    history.write("s1.jsonl", answer(cwd="/home/dev/shop/.claude/worktrees/quick-fox"))
    history.load()
    assert history.only()["project"] == "shop"


def test_a_call_that_the_gate_saw_is_counted_once(history: History):
    history.write("s1.jsonl", answer("09:00:05"), answer("09:10:00", id="msg_2"))
    history.load()
    with ledger.writing(history.ledger) as db:
        db.execute(
            """insert into call_log (call_id, asked_at, session_id, message_id, request_id)
               values ('c1', timestamp '2026-03-02 09:00:01', 's1', 'msg_1', 'req_1')"""
        )
        link_wire_calls(db, datetime(2026, 3, 2, 9))
    assert [row["wire_call_id"] for row in history.rows()] == ["c1", None]
    assert len(history.rows("calls")) == 2
    gate = history.only("call_log")
    assert (gate["project"], gate["cwd"], gate["git_branch"]) == ("shop", "/home/dev/shop", "main")


def test_an_import_ties_itself_to_what_the_gate_saw_before(history: History):
    with ledger.writing(history.ledger) as db:
        db.execute(
            """insert into call_log (call_id, asked_at, message_id, request_id)
               values ('c1', timestamp '2026-03-02 08:59:58', 'msg_1', null)"""
        )
    history.write("s1.jsonl", answer())
    history.load()
    history.append("s1.jsonl", text_of(answer("09:00:09", usage={"output_tokens": 900})))
    history.load()
    assert (history.only()["wire_call_id"], history.only()["output_tokens"]) == ("c1", 900)


def test_bad_files_are_named_and_stop_nothing(history: History):
    history.write("s1.jsonl", answer())
    history.path("bin.jsonl").write_bytes(b"\0\1\2" * 99)
    (history.path("dead.jsonl")).symlink_to("/nowhere/at/all")
    missing = history.root / "no-such-folder"
    report = history.load(history.root, missing)
    assert report.calls == 1
    assert {Path(path).name for path in report.unreadable} == {
        "bin.jsonl",
        "dead.jsonl",
        "no-such-folder",
    }


def test_a_line_too_long_to_hold_is_left_out_and_named(history: History, monkeypatch):
    monkeypatch.setattr("collector.transcripts.files.LONGEST_LINE", 5000)
    long = answer(id="msg_2", content=[{"type": "text", "text": "x" * 20_000}])
    path = history.write("s1.jsonl", answer(), long, answer(id="msg_3"))
    report = history.load()
    assert (report.calls, list(report.unreadable)) == (2, [str(path)])


def test_nothing_to_import_is_an_empty_report(history: History):
    report = history.load(history.root / "absent")
    assert (report.files, report.calls, report.list_usd) == (0, 0, 0)


def test_a_last_line_without_an_end_counts_once_it_is_whole(history: History):
    path = history.path("s1.jsonl")
    path.write_bytes(text_of(answer()).rstrip())
    assert history.load().calls == 1
    history.append("s1.jsonl", b"\n" + text_of(answer(id="msg_2")))
    assert history.load().calls == 2
    assert len(history.rows()) == 2


def test_roots_are_those_named_or_else_both_that_claude_code_knows():
    assert default_roots({"CLAUDE_CONFIG_DIR": "/a, /b", "HOME": "/h"}) == [Path("/a"), Path("/b")]
    assert default_roots({"HOME": "/h"}) == [Path("/h/.config/claude"), Path("/h/.claude")]
    named = default_roots({"HOME": "/h", "XDG_CONFIG_HOME": "/x"})
    assert named == [Path("/x/claude"), Path("/h/.claude")]


def test_a_root_may_be_named_by_its_projects_folder_or_be_a_single_file(history: History):
    path = history.write("s1.jsonl", answer())
    for given in (history.root, history.root / "projects", path.parent, path):
        assert history.load(given).calls == 1
    assert history.load(history.root, path).files == 1
