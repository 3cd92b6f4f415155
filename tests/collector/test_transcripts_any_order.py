"""However the files are ordered and the import is cut into runs, the ledger ends the same."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collector.transcripts.merge import Merged
from collector.transcripts.rows import copy_of
from tests.collector.transcripts_story import History, Line, answer, notice, text_of, user

FILES = ("s1.jsonl", "s2.jsonl", "s1/subagents/agent-a1.jsonl", "s1/subagents/agent-a2.jsonl")

seconds = st.integers(0, 5).map("09:00:{:02}".format)
sessions = st.sampled_from(["s1", "s2"])
answers = st.builds(
    lambda at, session, agent, usage, **told: answer(
        at, sessionId=session, usage=usage, **({"agentId": agent} if agent else {}), **told
    ),
    at=seconds,
    session=sessions,
    agent=st.sampled_from([None, "a1", "a2"]),
    id=st.sampled_from(["m1", "m2", "m3"]),
    requestId=st.sampled_from([None, "r1", "r2"]),
    isSidechain=st.booleans(),
    stop_reason=st.sampled_from([None, "end_turn"]),
    cwd=st.sampled_from(["/a", "/b"]),
    usage=st.fixed_dictionaries(
        {"output_tokens": st.integers(1, 4), "cache_read_input_tokens": st.integers(0, 2)}
    ),
)
results = st.builds(
    lambda at, session, agent, output: user(
        at,
        sessionId=session,
        toolUseResult={"agentId": agent, "usage": {"output_tokens": output}},
    ),
    seconds,
    sessions,
    st.sampled_from(["a1", "a2"]),
    st.integers(1, 9),
)
notices = st.builds(
    lambda at, session: notice("You've hit your session limit", at, sessionId=session),
    seconds,
    sessions,
)
lines = st.one_of(answers, answers, answers, results, notices)
histories = st.fixed_dictionaries({name: st.lists(lines, max_size=6) for name in FILES})


def outcome(history: History) -> dict[str, Any]:
    tables = ("transcript_calls", "transcript_copies", "limit_readings", "session_facts")
    return {
        table: [
            {name: value for name, value in row.items() if name != "file"}
            for row in history.rows(table)
        ]
        for table in tables
    }


def rooted(path: str) -> History:
    return History(Path(path))


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes: files, imports
)
@given(told=histories, order=st.permutations(FILES), cuts=st.lists(st.floats(0, 1), max_size=3))
def test_an_import_in_pieces_ends_as_one_at_once(
    told: dict[str, list[Line]], order: list[str], cuts: list[float]
):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        at_once, piecemeal = rooted(one), rooted(other)
        for name in FILES:
            at_once.write(name, *told[name])
        whole = at_once.load()
        texts = {name: text_of(*told[name]) for name in order}
        written = dict.fromkeys(order, 0)
        for share in (*sorted(cuts), 1):
            for name in order:
                until = int(share * len(texts[name]))
                if until > written[name]:
                    piecemeal.append(name, texts[name][written[name] : until])
                    written[name] = until
                    piecemeal.load(piecemeal.path(name))
        pieces = piecemeal.load()
        assert outcome(piecemeal) == outcome(at_once)
        assert (pieces.calls, pieces.list_usd, pieces.limit_hits, pieces.partial) == (
            whole.calls,
            whole.list_usd,
            whole.limit_hits,
            whole.partial,
        )


@given(st.lists(st.tuples(answers, st.sampled_from(FILES)), max_size=8), st.randoms())
def test_merging_is_the_same_in_any_order(told: list[tuple[Line, str]], chance: Any):
    copies = [copy for line, file in told if (copy := copy_of(line, file))]
    shuffled = [*copies, *copies]
    chance.shuffle(shuffled)
    assert summary(copies) == summary(shuffled)


def summary(copies: list[Any]) -> list[Any]:
    merged = Merged()
    for copy in copies:
        merged.add(copy)
    return sorted(
        (
            (repr(call._replace(place=None)), sorted(merged.places.get(call.call_id, {call.place})))
            for call in merged.calls()
        ),
    )
