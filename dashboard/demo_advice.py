"""Made-up habits that cost money, beside the month's work: what the pages Cache and Advice find."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from dashboard.demo_work import OPUS, SONNET
from router.call import Attempt, Bill, Call, Facts, Kind, Metered, Result, Usage

PLAN, API = ("max", Bill.PLAN), ("anthropic", Bill.CASH)
LOOP_CALLS, SCRIPT_RUNS, HOOKS = 240, 5, 8
TITLES = {
    "nightly-reviews": "Review of last night's merges",
    "crm-sync": "CRM sync with every connector",
    "monolith": "Move invoices out of the monolith",
    "docs-site": "Rewrite the guides, page by page",
    "flaky-tests": "Run the tests until they pass",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One session of a habit: who asks, which target answers, and when it began (UTC)."""

    facts: Facts
    model: str
    served: tuple[str, Bill]
    at: datetime

    def after(self, **passed: float) -> "Scene":
        return replace(self, at=self.at + timedelta(**passed))

    def with_facts(self, **more: Any) -> "Scene":
        return replace(self, facts=replace(self.facts, **more))


def calls(seed: int, until: datetime, days: int) -> Iterator[Call]:
    """The habits' calls of `days` days before `until` (UTC), none of them after."""
    for day in range(days, -1, -1):
        dice = Random(f"{seed} {until - timedelta(days=day):%F}")
        midnight = until.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=day)
        for call in _day(dice, midnight, day):
            if call.asked_at < until:
                yield call


def _day(dice: Random, midnight: datetime, day: int) -> Iterator[Call]:
    yield from _scripts(dice, midnight)
    if day % 2 == 0:
        yield from _many_tools(dice, midnight)
        yield from _pauses(dice, midnight)
    if day % 4 == 1:
        yield from _long_context(dice, midnight)
    if day % 7 == 3:
        yield from _loop(dice, midnight)


def session_rows(made: list[Call]) -> list[dict[str, Any]]:
    """Rows of `session_facts` for these calls."""
    spans: dict[str, list[Call]] = {}
    for call in made:
        spans.setdefault(call.facts.session_id or "", []).append(call)
    return [
        {
            "session_id": session_id,
            "project": own[0].facts.project,
            "cwd": own[0].facts.cwd,
            "git_branch": own[0].facts.git_branch,
            "title": TITLES[own[0].facts.project or ""],
            "first_at": own[0].asked_at,
            "last_at": own[-1].asked_at,
        }
        for session_id, own in spans.items()
    ]


def _scripts(dice: Random, midnight: datetime) -> Iterator[Call]:
    """Nightly one-turn reviews, cached for nobody, paid in cash while nobody waits."""
    for run in range(SCRIPT_RUNS):
        scene = _scene(dice, "nightly-reviews", midnight + timedelta(hours=3, minutes=7 * run))
        scene = replace(scene.with_facts(entrypoint="sdk-py"), model=SONNET, served=API)
        yield _call(dice, scene, _usage(dice.randint(12_000, 17_000), 0, 1_100))


def _many_tools(dice: Random, midnight: datetime) -> Iterator[Call]:
    """Every connector's tools in the prompt, one of them late; hooks on the main model."""
    scene = _scene(dice, "crm-sync", midnight + timedelta(hours=10)).with_facts(
        tools=64, tools_sha256="demo-64", system_sha256="demo-a"
    )
    context = 0
    for turn in range(12):
        new = dice.randint(50_000, 56_000) if turn == 0 else dice.randint(600, 1_800)
        scene = scene.after(seconds=dice.randint(20, 90))
        if turn == 4:
            scene = scene.with_facts(tools=71, tools_sha256="demo-71")
        if turn == 9:
            scene = scene.with_facts(system_sha256="demo-b")
        kept = 0 if turn in (0, 4) else 24_000 if turn == 9 else context
        yield _call(dice, scene, _usage(context + new - kept, kept, 420))
        context += new
    for hook in range(HOOKS):
        asked = scene.after(seconds=3 * hook + 1).with_facts(kind=Kind.PROMPT_HOOK, tools=0)
        usage = Usage(input_tokens=dice.randint(5_000, 8_000), output_tokens=40)
        yield _call(dice, asked, usage)


def _pauses(dice: Random, midnight: datetime) -> Iterator[Call]:
    """A person who reads for a quarter of an hour after each answer."""
    scene = _scene(dice, "docs-site", midnight + timedelta(hours=13))
    context = 0
    for turn in range(6):
        new = dice.randint(40_000, 52_000) if turn == 0 else dice.randint(700, 2_000)
        yield _call(dice, scene, _usage(context + new, 0, 900))
        context += new
        scene = scene.after(minutes=dice.randint(8, 35))


def _long_context(dice: Random, midnight: datetime) -> Iterator[Call]:
    """A session that is never compacted, and changes its model in the middle."""
    scene = _scene(dice, "monolith", midnight + timedelta(hours=14, minutes=30))
    context = 0
    for turn in range(70):
        new = 60_000 if turn == 0 else dice.randint(900, 2_300)
        scene = scene.after(seconds=dice.randint(15, 100))
        model = SONNET if 30 <= turn < 36 else OPUS
        kept = 0 if turn in (0, 30, 36) else context
        asked = replace(scene.with_facts(asked_model=model), model=model)
        yield _call(dice, asked, _usage(context + new - kept, kept, 520))
        context += new


def _loop(dice: Random, midnight: datetime) -> Iterator[Call]:
    """Tests that fail and are run again, for an hour, without a person."""
    scene = _scene(dice, "flaky-tests", midnight + timedelta(hours=16))
    context = 0
    for number in range(LOOP_CALLS):
        new = 19_000 if number == 0 else dice.randint(120, 260)
        asked = scene.after(seconds=14 * number).with_facts(is_tool_turn=number > 0)
        yield _call(dice, asked, _usage(new, context, 210))
        context += new


def _scene(dice: Random, project: str, at: datetime) -> Scene:
    facts = Facts(
        kind=Kind.MAIN,
        project=project,
        session_id=f"demo-{dice.getrandbits(32):08x}-{dice.getrandbits(16):04x}",
        asked_model=OPUS,
        stream=True,
        tools=17,
        client="claude-code",
        entrypoint="cli",
        cwd=f"~/work/{project}",
        git_branch="main",
    )
    return Scene(facts=facts, model=OPUS, served=PLAN, at=at)


def _usage(new: int, kept: int, output: int) -> Usage:
    return Usage(
        input_tokens=12,
        cache_write_5m_tokens=new,
        cache_read_tokens=kept,
        output_tokens=output,
    )


def _call(dice: Random, scene: Scene, usage: Usage) -> Call:
    call_id = f"demo-habit-{dice.getrandbits(48):012x}"
    provider, bill = scene.served
    took_ms = 900.0 + 14 * usage.output_tokens
    attempt = Attempt(
        attempt_no=1,
        provider=provider,
        model=scene.model,
        bill=bill,
        result=Result.OK,
        started_at=scene.at,
        status=200,
        ttfb_ms=900.0,
        duration_ms=took_ms,
        request_id=f"req_{call_id}",
        metered=Metered(usage=usage, model=scene.model, message_id=f"msg_{call_id}", complete=True),
    )
    return Call(
        call_id=call_id,
        asked_at=scene.at,
        facts=scene.facts,
        attempts=(attempt,),
        route="default",
        reason="as asked",
        result=Result.OK,
        status=200,
        duration_ms=took_ms,
        request_id=f"req_{call_id}",
        capture="demo",
    )
