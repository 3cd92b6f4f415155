"""How much memory each gateway holds after a day's worth of calls."""

import asyncio
import time
from dataclasses import dataclass

from tests.bench import process
from tests.bench.asked import Question
from tests.bench.field import Field, Runner
from tests.bench.load import ask_many

SIZE_KB, STREAMS = 100, 20
SETTLE_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Resident memory of the gateway's own process, and of those it runs beside itself."""

    runner: str
    calls: int
    before_mb: float
    after_mb: float
    beside_mb: float


def measure(field: Field, calls: int) -> list[Held]:
    field.pace(0)
    question = Question(SIZE_KB * 1000)
    return [_held(runner, question, calls) for runner in field.runners if runner.pid]


def _held(runner: Runner, question: Question, calls: int) -> Held:
    assert runner.pid
    before_mb, began = process.rss_mb(runner.pid), time.monotonic()
    asyncio.run(ask_many(runner.target, question, calls, streams=STREAMS))
    print(f"  {runner.name}: {calls} calls in {time.monotonic() - began:.0f} s", flush=True)
    time.sleep(SETTLE_S)
    return Held(
        runner=runner.name,
        calls=calls,
        before_mb=before_mb,
        after_mb=process.rss_mb(runner.pid),
        beside_mb=sum(process.rss_mb(pid) for pid in process.children(runner.pid)),
    )
