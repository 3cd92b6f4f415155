"""Where the made-up calls go: as a plan-first policy sends them, session by session."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from dashboard.demo_windows import PlanWindows
from dashboard.demo_work import HAIKU, OPUS, SONNET, Wish
from router.call import Bill, Decided, Kind
from router.policy_model import Provider

LOCAL, FREE, UNKNOWN = "qwen3-coder:30b", "qwen/qwen3-coder:free", "stealth/nightly-preview"
BACKGROUND = frozenset({Kind.TITLE, Kind.PROMPT_HOOK, Kind.COUNT_FALLBACK})
MODERATE_AT, COMPLEX_AT, LEAVE_AT = 0.35, 0.65, 0.8
OVERFLOW = {"simple": HAIKU, "default": SONNET, "complex": OPUS}
PLAN, API, OLLAMA, OPENROUTER = "max", "anthropic", "ollama", "openrouter"
LOCAL_HOST = Provider(
    base_url="http://127.0.0.1:11434", bill=Bill.LOCAL, watts=60, usd_per_kwh=0.30
)
BILLS = {PLAN: Bill.PLAN, OLLAMA: Bill.LOCAL}


@dataclass(frozen=True, slots=True)
class DemoTarget:
    provider: str
    model: str

    @property
    def bill(self) -> Bill:
        return BILLS.get(self.provider, Bill.CASH)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A rule's verdict on one wish; the first of `targets` is tried first."""

    rule: str
    route: str
    reason: str
    targets: tuple[DemoTarget, ...]
    skipped: tuple[tuple[str, str, str], ...] = ()


class DemoRouter:
    """Keeps each session where its cache is warm, as the router does."""

    def __init__(self) -> None:
        self.windows = PlanWindows()
        self._on: dict[tuple[str | None, str | None], DemoTarget] = {}

    def way(self, dice: Random, wish: Wish) -> Way:
        if wish.facts.kind in BACKGROUND:
            spare = UNKNOWN if dice.random() < 0.3 else FREE
            return Way(
                rule="background",
                route="background",
                reason=f"gate background: {wish.facts.kind}",
                targets=(DemoTarget(OLLAMA, LOCAL), DemoTarget(OPENROUTER, spare)),
            )
        rule = _rule_of(wish)
        held = self._on.get(_thread(wish))
        if wish.facts.kind is Kind.COMPACT:
            return self._kept(wish, held or DemoTarget(PLAN, wish.model))
        if held and wish.kept_tokens and not self._is_shut(wish, held):
            why = f"held: the cache of {held} is warm; rule {rule}"
            return Way(rule=rule, route=rule, reason=why, targets=(held, _beyond(rule)))
        return self._free(wish, rule, is_new=held is None)

    def is_warm(self, wish: Wish, target: DemoTarget) -> bool:
        """Whether the session's cache is at this target; it is from now on."""
        before = self._on.get(_thread(wish))
        self._on[_thread(wish)] = target
        return before in (None, target)

    def _kept(self, wish: Wish, held: DemoTarget) -> Way:
        why = f"gate keep: compact; as is: {held}"
        spare = DemoTarget(API, wish.model)
        return Way(rule="keep", route="keep", reason=why, targets=(held, spare))

    def _is_shut(self, wish: Wish, target: DemoTarget) -> bool:
        return target.provider == PLAN and self.windows.is_cooling(wish.asked_at)

    def _free(self, wish: Wish, rule: str, *, is_new: bool) -> Way:
        base = DemoTarget(PLAN, wish.model)
        why_not = self._why_not(wish, rule)
        free = "start of a session" if is_new else "cache is 6 min old"
        return Way(
            rule=rule,
            route=rule,
            reason=f"rule {rule}; free to choose: {free}",
            targets=(_beyond(rule),) if why_not else (base, _beyond(rule)),
            skipped=((str(base), *why_not),) if why_not else (),
        )

    def _why_not(self, wish: Wish, rule: str) -> tuple[str, str] | None:
        """The skip and its reason; a spent window is only known once it has refused a call."""
        if self.windows.is_cooling(wish.asked_at):
            return "cooling", "five_hour is used up"
        used = self.windows.share(wish.asked_at)
        if rule == "simple" and LEAVE_AT <= used < 1:
            return "window", f"five_hour is at {used:.0%}"
        return None


def decided(wish: Wish, way: Way) -> Decided:
    given = wish.assigned
    return Decided(
        login=Bill.PLAN,
        rule=way.rule,
        task=wish.task,
        complexity=wish.complexity,
        estimated_tokens=wish.new_tokens + wish.kept_tokens,
        documents=0,
        media_bytes=0,
        web_search=False,
        tool_errors=0,
        failures=0,
        is_reask=False,
        tag=None,
        terms=dict(_terms(wish)),
        skipped=way.skipped,
        experiment=given.experiment if given else None,
        arm=given.arm if given else None,
        propensity=given.propensity if given else None,
    )


def _terms(wish: Wish) -> Iterator[tuple[str, float]]:
    """Parts of a score that look like the real ones; background work is not scored."""
    if wish.facts.kind in BACKGROUND:
        return
    yield "text_length", 1.2
    yield "files", round(0.9 * wish.complexity, 2)
    yield wish.task, round(2.4 * wish.complexity - 0.8, 2)
    yield "prompt", round(min((wish.new_tokens + wish.kept_tokens) / 80_000, 1.25), 2)


def _thread(wish: Wish) -> tuple[str | None, str | None]:
    return wish.facts.session_id, wish.facts.agent_id


def _rule_of(wish: Wish) -> str:
    if wish.complexity >= COMPLEX_AT:
        return "complex"
    return "simple" if wish.complexity < MODERATE_AT else "default"


def _beyond(rule: str) -> DemoTarget:
    return DemoTarget(API, OVERFLOW[rule])
