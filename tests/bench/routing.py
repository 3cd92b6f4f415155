"""What routing costs in time, beside the least work that the same bytes ask of anyone."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median, quantiles

import orjson
import polars as pl

from collector import policies
from collector.files import DEFAULTS
from router.call import Bill
from router.complexity import weights_of
from router.decision import State
from router.facts import facts_of_body
from router.policy_check import load
from router.rules import SCHEMA, Compiled, first_rules
from router.wire.chat_request import chat_request
from router.wire.chat_stream import ChatStream, Outcome
from router.wire.request import Body
from router.world import World, planned
from tests.asking import HEADERS, PATH
from tests.bench import month
from tests.bench.asked import NUMBER, body_of_size
from tests.bench.month import Replayed
from tests.bench.relay import SIZES_KB
from tests.fakes.chat import Manner, stream
from tests.fakes.reply import says

ROWS = 1_000_000
WARM_UP = 20
WORDS = "some words of an answer, " * 400
SENT = [(name.lower().encode(), value.encode()) for name, value in HEADERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One kind of work, in ms, and the same bytes merely parsed, in turns with it."""

    what: str
    p50_ms: float
    p99_ms: float
    parse_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Everything this part measures. `rules_s` are for a million calls at once."""

    decisions: list[Timed]
    translations: list[Timed]
    rules_s: float
    months: dict[str, Replayed]


def measure(folder: Path, rounds: int) -> Routed:
    rules = load(policies.preset("plan").text)
    return Routed(
        decisions=[_decision(rules, size, rounds) for size in SIZES_KB],
        translations=[_request(rounds), _answer(rounds)],
        rules_s=_rules_s(rules),
        months=month.replays(folder),
    )


def _decision(rules: Compiled, size_kb: int, rounds: int) -> Timed:
    """Weighing, the world as it stands, and the plan: what routing adds to the facts of a call."""
    file = DEFAULTS / "complexity.toml"
    world = World(weights_of(file.read_text()))
    raw = body_of_size(size_kb * 1000)
    facts = facts_of_body("POST", PATH, SENT, raw, orjson.loads(raw))
    bodies = [raw.replace(NUMBER, b"%016d" % number) for number in range(rounds)]

    def decide(body: Body) -> None:
        state = world.state(rules.policy, facts, State(now=datetime.now(UTC), login=Bill.PLAN))
        planned(rules, "0", world.weighed(facts, body), state)

    return _timed(f"a decision at {size_kb} KB", bodies, decide)


def _request(rounds: int) -> Timed:
    raw = body_of_size(100_000)
    return _timed(
        "a request of 100 KB, to Chat Completions",
        [raw] * rounds,
        lambda body: orjson.dumps(chat_request(body, "a-model").body),
    )


def _answer(rounds: int) -> Timed:
    """A streamed answer of Chat Completions, chunk by chunk."""
    chunks = stream(says(WORDS), Manner())
    took, parsed = [], []
    for _ in range(rounds):
        parsed.append(_ms(lambda: [orjson.loads(data) for data in map(_data, chunks) if data]))
        took.append(_ms(lambda: _translated(chunks)))
    return Timed(
        what=f"an answer of {len(chunks):,} chunks, from Chat Completions",
        p50_ms=median(took),
        p99_ms=_p99(took),
        parse_ms=median(parsed),
    )


def _translated(chunks: list[bytes]) -> None:
    to = ChatStream("claude-opus-4-8", "a-model", "0123456789")
    for chunk in chunks:
        to.feed(chunk)
    to.end()
    assert to.outcome is Outcome.WHOLE


def _data(chunk: bytes) -> bytes:
    """The JSON of a chunk; nothing for the mark of the end."""
    data = chunk.strip().removeprefix(b"data: ")
    return data if data.startswith(b"{") else b""


def _timed(what: str, bodies: list[bytes], work: Callable[[Body], object]) -> Timed:
    took, parsed = [], []
    for raw in bodies[:WARM_UP]:
        work(orjson.loads(raw))
    for raw in bodies:
        began = time.perf_counter()
        body = orjson.loads(raw)
        parsed.append((time.perf_counter() - began) * 1000)
        took.append(_ms(lambda body=body: work(body)))  # type: ignore[misc]
    return Timed(what=what, p50_ms=median(took), p99_ms=_p99(took), parse_ms=median(parsed))


def _p99(took: list[float]) -> float:
    return quantiles(took, n=100)[-1] if len(took) > 1 else took[0]


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _rules_s(rules: Compiled) -> float:
    """Which rule each of a million calls meets."""
    dice = Random(1)
    few = {name: [_value(kind, dice) for _ in range(1000)] for name, kind in SCHEMA.items()}
    frame = pl.concat([pl.DataFrame(few, schema=SCHEMA)] * (ROWS // 1000), rechunk=True)
    first_rules(rules, frame.head(1000))
    return _ms(lambda: first_rules(rules, frame)) / 1000


def _value(kind: pl.DataType, dice: Random) -> object:
    if kind == pl.String:
        return dice.choice(("main", "subagent", "title", "claude-opus-4-8", "claude-haiku-4-5"))
    if kind == pl.Boolean:
        return dice.random() < 0.5
    return dice.random() if kind == pl.Float64 else dice.randrange(100_000)
