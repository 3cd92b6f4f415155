"""A made-up month of work: a software shop and an article pipeline, session by session."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from router.arms import Assigned
from router.call import Facts, Kind

OPUS, SONNET, HAIKU = "claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5"
CACHE_TTL_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """`sessions` a day, `turns` of the longest one, `delegates` the odds of a subagent a turn."""

    name: str
    sessions: float
    turns: int
    delegates: float
    model: str = OPUS
    branch: str = "main"
    client: str = "claude-code"


PROJECTS = (
    Project(name="shop-api", sessions=2.6, turns=58, delegates=0.10, branch="feature/refunds"),
    Project(name="shop-web", sessions=2.0, turns=46, delegates=0.07, branch="feature/checkout"),
    Project(name="mobile-app", sessions=1.2, turns=44, delegates=0.06, branch="release/4.2"),
    Project(name="infra", sessions=0.6, turns=26, delegates=0.03),
    Project(name="x-articles", sessions=5.5, turns=11, delegates=0, model=SONNET, client="sdk"),
)
TASKS = ("bug_fix", "feature", "tests", "refactor", "explain", "trivial_edit", "docs", "design")
TITLES = (
    "Refund endpoint double-charges",
    "Checkout as server actions",
    "Flaky login test",
    "What DuckDB 2.0 changed",
    "Upgrade the build image",
    "Slow cart query",
    "Prompt caching explained",
    "Crash on cold start",
    "Webhook retries",
    "Search ranking",
    "Split the billing job",
    "Type the order events",
    "Offline sync conflicts",
    "Rotate the staging keys",
    "Ten posts on routing",
    "Invoice PDF layout",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One call to be answered: its facts and tokens, of which `kept_tokens` are in a warm cache."""

    asked_at: datetime
    facts: Facts
    model: str
    new_tokens: int
    kept_tokens: int
    output_tokens: int
    task: str = "other"
    complexity: float = 0.5
    assigned: Assigned | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSession:
    session_id: str
    project: Project
    title: str
    wishes: tuple[Wish, ...]


def sessions(dice: Random, ends_at: datetime, days: int) -> list[DemoSession]:
    """The work of `days` days before `ends_at` (UTC), none of it after."""
    planned = []
    for back in range(days, -1, -1):
        midnight = ends_at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
        for project in PROJECTS:
            for _ in range(_count(dice, project.sessions * _busyness(midnight))):
                begins_at = midnight + timedelta(hours=dice.triangular(7.5, 21, 13))
                planned.append(_session(dice, project, begins_at))
    for project, hours in ((PROJECTS[1], 3.5), (PROJECTS[0], 2.2), (PROJECTS[0], 0.7)):
        planned.append(_session(dice, project, ends_at - timedelta(hours=hours)))
    return [past for session in planned if (past := _until(session, ends_at)).wishes]


def _busyness(day: datetime) -> float:
    return (1.0, 1.1, 1.15, 1.1, 1.0, 0.35, 0.2)[day.weekday()]


def _count(dice: Random, mean: float) -> int:
    return int(mean) + (dice.random() < mean % 1)


def _until(session: DemoSession, ends_at: datetime) -> DemoSession:
    past = tuple(wish for wish in session.wishes if wish.asked_at < ends_at)
    return replace(session, wishes=past)


def _session(dice: Random, project: Project, begins_at: datetime) -> DemoSession:
    session_id = f"demo-{dice.getrandbits(32):08x}-{dice.getrandbits(16):04x}"
    facts = Facts(
        kind=Kind.MAIN,
        project=project.name,
        session_id=session_id,
        asked_model=project.model,
        stream=True,
        client=project.client,
        cwd=f"~/work/{project.name}",
        git_branch=project.branch,
    )
    wishes = tuple(_with_tasks(session_id, _wishes(dice, project, facts, begins_at)))
    return DemoSession(
        session_id=session_id, project=project, title=dice.choice(TITLES), wishes=wishes
    )


def _wishes(dice: Random, project: Project, facts: Facts, begins_at: datetime) -> Iterator[Wish]:
    at, context = begins_at, 0
    yield _small(dice, facts, at, Kind.TITLE, HAIKU)
    for turn in range(dice.randint(3, project.turns)):
        pause_s = dice.lognormvariate(3.9, 1.1)
        at += timedelta(seconds=pause_s)
        added = dice.randint(16_000, 22_000) if turn == 0 else int(dice.lognormvariate(7.1, 0.8))
        kept = context if pause_s < CACHE_TTL_S else 0
        asked = replace(facts, messages=2 * turn + 1)
        yield _turn(dice, asked, at, (kept, context - kept + added))
        context += added
        if dice.random() < 0.30:
            yield _small(dice, facts, at, Kind.PROMPT_HOOK, HAIKU)
        if dice.random() < project.delegates:
            yield from _delegated(dice, facts, at)
        if context > 110_000:
            compacts = replace(facts, kind=Kind.COMPACT, messages=2 * turn + 2)
            yield _turn(dice, compacts, at + timedelta(seconds=20), (context, 900))
            context = 6_000


def _with_tasks(session_id: str, wishes: Iterator[Wish]) -> Iterator[Wish]:
    """The wishes with a task and how hard it looks, which changes now and then."""
    dice = Random(session_id)
    task, complexity = dice.choice(TASKS), dice.betavariate(2.6, 2.8)
    for wish in wishes:
        if not wish.facts.is_tool_turn and dice.random() < 0.3:
            task, complexity = dice.choice(TASKS), dice.betavariate(2.6, 2.8)
        yield replace(wish, task=task, complexity=round(complexity, 3))


def _turn(dice: Random, facts: Facts, at: datetime, tokens: tuple[int, int]) -> Wish:
    kept, added = tokens
    facts = replace(
        facts, tools=17, is_tool_turn=dice.random() < 0.7, body_bytes=4 * (kept + added)
    )
    return Wish(
        asked_at=at,
        facts=facts,
        model=facts.asked_model or OPUS,
        new_tokens=added,
        kept_tokens=kept,
        output_tokens=int(dice.lognormvariate(6.35, 0.8)),
    )


def _small(dice: Random, facts: Facts, at: datetime, kind: Kind, model: str) -> Wish:
    prompt = dice.randint(300, 1_600)
    return Wish(
        asked_at=at + timedelta(milliseconds=dice.randint(10, 900)),
        facts=replace(facts, kind=kind, asked_model=model, body_bytes=4 * prompt, messages=1),
        model=model,
        new_tokens=prompt,
        kept_tokens=0,
        output_tokens=dice.randint(8, 60),
    )


def _delegated(dice: Random, facts: Facts, at: datetime) -> Iterator[Wish]:
    agent = f"agent-{dice.getrandbits(24):06x}"
    own = replace(facts, kind=Kind.SUBAGENT, agent_id=agent, agent_type="explore")
    context = 0
    for step in range(dice.randint(3, 8)):
        at += timedelta(seconds=dice.lognormvariate(2.2, 0.5))
        added = 9_000 if step == 0 else int(dice.lognormvariate(7.2, 0.7))
        yield _turn(dice, replace(own, messages=2 * step + 1), at, (context, added))
        context += added
