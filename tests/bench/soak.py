"""Many calls at once through a gate that routes, its providers failing at random.

`python -m tests.bench.soak [--calls 10000] [--streams 20] [--seed 1]`
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.asking import HEADERS, PATH, body_of
from tests.bench import process
from tests.collector.routed import LOGIN, Routed, routed_gate, task
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.reply import End, Point, Reply, refuses, says, tool_use
from tests.router.wire.grammar import faults

SHARE_FAILING = 0.3
NO_RETRIES = "[fallback]\nretries = 0\n"
SAMPLES = 10


@dataclass(slots=True)
class Soaked:
    """What came of it. `broken` are answers that a client could not make sense of, `mib` the
    gate's memory as it went.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    calls: int = 0
    rows: int = 0
    seen: int = 0
    attempts: int = 0
    seconds: float = 0.0


def soak(folder: Path, calls: int, streams: int, seed: int = 1) -> Soaked:
    """Ask `calls` times, `streams` at once, and count what everyone saw of it."""
    with routed_gate(folder, more=NO_RETRIES) as routed:
        chance = random.Random(seed)
        for provider in (routed.anthropic, routed.local, routed.chat):
            provider.respond = lambda seen: _reply(chance) if seen.body else None
        began = time.perf_counter()
        soaked = asyncio.run(_ask(routed, calls, streams))
        soaked.seconds = time.perf_counter() - began
        soaked.calls = calls
        found = routed.gate.rows_when(
            "select count(*) as n from call_log", lambda rows: rows[0]["n"] >= calls, timeout_s=60
        )
        soaked.rows = found[0]["n"]
        soaked.seen = sum(_asked(p) for p in (routed.anthropic, routed.local, routed.chat))
        query = "select count(*) as n from attempt_log where status is not null or result <> 'ok'"
        soaked.attempts = routed.gate.rows(query)[0]["n"]
        return soaked


def _asked(provider: FakeAnthropic) -> int:
    return len(provider.calls)


def _reply(chance: random.Random) -> Reply:
    """A good answer, or one of the ways in which providers fail."""
    good = says("some words, " * chance.randrange(1, 9), tool_use("Read", {"file_path": "a.py"}))
    if chance.random() > SHARE_FAILING:
        return good
    return chance.choice(
        (
            refuses(429), refuses(500), refuses(503), refuses(529),
            good.but(headless=True, end=End.RESET), good.but(headless=True, end=End.CLOSE),
            good.but(cut_bytes=30, end=End.RESET), good.but(cut_bytes=900, end=End.RESET),
            good.but(cut=Point.MESSAGE_START, end=End.CLOSE),
            good.but(cut=Point.INSIDE_TEXT, end=End.RESET),
        )
    )  # fmt: skip


async def _ask(routed: Routed, calls: int, streams: int) -> Soaked:
    soaked, numbers = Soaked(), iter(range(calls))
    pid = routed.gate.process.pid
    limits = httpx.Limits(max_connections=streams)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:

        async def one_after_another() -> None:
            for number in numbers:
                await _one(client, routed, number, soaked)
                if number % max(calls // SAMPLES, 1) == 0:
                    soaked.mib.append(process.rss_mb(pid))

        await asyncio.gather(*(one_after_another() for _ in range(streams)))
    return soaked


async def _one(client: httpx.AsyncClient, routed: Routed, number: int, soaked: Soaked) -> None:
    sent = [pair for pair in HEADERS if pair[0].lower() not in ("x-api-key", SESSION)]
    sent += [("authorization", LOGIN), (SESSION, f"11dfa777-f5e4-42c5-a4ac-{number // 7:012d}")]
    is_stream = number % 5 != 0
    body = body_of("hi", tools=None) if number % 3 == 0 else task(stream=is_stream or None)
    try:
        answer = await client.post(routed.gate.url + PATH, content=body, headers=sent)
    except httpx.HTTPError:
        soaked.outcomes["cut"] += 1
        return
    soaked.outcomes[str(answer.status_code)] += 1
    is_event = "event-stream" in answer.headers.get("content-type", "")
    if answer.status_code == 200 and is_event and (found := faults(answer.content)):
        soaked.broken.append(f"{answer.headers['x-faregate-target']}: {found[0]}")


SESSION = "x-claude-code-session-id"


def told(soaked: Soaked) -> str:
    rest = ", ".join(f"{count:,} × {name}" for name, count in sorted(soaked.outcomes.items()))
    return (
        f"{soaked.calls:,} calls in {soaked.seconds:.0f} s: {rest}; {len(soaked.broken)} broken; "
        f"{soaked.rows:,} rows of calls; {soaked.seen:,} requests seen by providers, "
        f"{soaked.attempts:,} attempts in the ledger; memory {soaked.mib[1]:.0f} → "
        f"{soaked.mib[-1]:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        print(told(soak(Path(folder) / "data", asked.calls, asked.streams, asked.seed)))


if __name__ == "__main__":
    main()
