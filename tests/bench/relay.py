"""What a gateway adds to a streamed call, and how many calls it carries; everyone in turn."""

import asyncio
import gc
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median, quantiles

from tests.bench.asked import Question
from tests.bench.field import Field, Runner
from tests.bench.load import Target, Took, ask_many

SIZES_KB = (14, 100, 400)
PAUSES = 17  # between the events of one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How calls are asked: `calls` a round, events `gap_ms` apart, 0 for all at once."""

    title: str
    streams: int
    calls: int
    gap_ms: int = 0

    async def put_on(self, target: Target, question: Question) -> list[Took]:
        answer_s = self.gap_ms * PAUSES / 1000
        streams = self.streams
        return await ask_many(target, question, self.calls, streams=streams, answer_s=answer_s)


ALONE = Load(title="1 stream", streams=1, calls=20)
PACED = Load(title="20 streams of 1 s answers", streams=20, calls=40, gap_ms=60)
FULL = Load(title="20 streams, as fast as they go", streams=20, calls=100)
LOADS = (ALONE, PACED, FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One runner's figures of one round."""

    ttfb_ms: float
    ttfb_p95_ms: float
    total_ms: float
    per_s: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One load at one size, under one runner."""

    load: str
    size_kb: int
    runner: str


Rounds = dict[Cell, list[Round]]


def measure(field: Field, rounds: int, loads: tuple[Load, ...] = LOADS) -> Rounds:
    """Every runner under every load and size, `rounds` times over, in turns."""
    questions = {size: Question(size * 1000) for size in SIZES_KB}
    found: Rounds = defaultdict(list)
    warm_up(field, questions[SIZES_KB[1]])
    for number in range(rounds):
        for load in loads:
            field.pace(load.gap_ms)
            for size, question in questions.items():
                for runner in field.runners:
                    cell = Cell(load.title, size, runner.name)
                    found[cell].append(play(runner, question, load))
        print(f"  round {number + 1} of {rounds}", flush=True)
    return found


def warm_up(field: Field, question: Question) -> None:
    field.pace(0)
    for runner in field.runners:
        asyncio.run(FULL.put_on(runner.target, question))


def play(runner: Runner, question: Question, load: Load) -> Round:
    """One round of one runner. Collecting garbage is put off: the client is not what is timed."""
    gc.collect()
    gc.disable()
    cpu_ms, began = runner.cpu_ms(), time.perf_counter()
    took = asyncio.run(load.put_on(runner.target, question))
    elapsed_s = time.perf_counter() - began
    gc.enable()
    ttfbs = [one.ttfb_ms for one in took]
    return Round(
        ttfb_ms=median(ttfbs),
        ttfb_p95_ms=quantiles(ttfbs, n=20)[-1],
        total_ms=median(one.total_ms for one in took),
        per_s=load.calls / elapsed_s,
        cpu_ms=(runner.cpu_ms() - cpu_ms) / load.calls,
    )


def added_ms(rounds: list[Round], direct: list[Round], figure: str) -> float:
    """The median over rounds of what the runner's figure exceeds the direct one's by."""
    pairs = zip(rounds, direct, strict=True)
    return float(median(getattr(one, figure) - getattr(base, figure) for one, base in pairs))


def typical(rounds: list[Round], figure: str) -> float:
    return float(median(getattr(one, figure) for one in rounds))
