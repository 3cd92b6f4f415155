"""An explanation in lines for people: short, aligned, the answer first."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from dashboard.explain import Explanation

LABEL = 10
LONGEST_WHEN = 72
FACTS_WIDTH = 88
HOLDS = {True: "yes", False: "no", None: "unknown"}
PLAIN = frozenset({"kind", "project", "asked_model", "complexity", "task"})


def as_lines(told: Explanation) -> Iterator[str]:
    yield from _section("call" if told.call_id else "request", _call(told))
    yield from _section("went to" if told.call_id else "goes to", [_where(told)])
    yield from _section("because", told.reasons)
    yield from _section("arm", _arm(told))
    yield from _section("facts", _facts(told))
    yield from _section("score", _score(told))
    yield from _section("rules", _aligned(_rule(rule) for rule in told.rules))
    yield from _section("chain", _aligned(_link(at, link) for at, link in _numbered(told.chain)))
    yield from _section("stopped", [told.stop] if told.stop else [])
    yield from _section("attempts", _aligned(map(_attempt, told.attempts)))
    yield from _section("cost", _cost(told))
    yield from _section("cheaper", _cheaper(told))
    yield from _section("note", told.notes)


def _section(label: str, lines: Iterable[str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        yield f"{label if not at else '':<{LABEL}}{line}".rstrip()


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))


def _numbered(chain: Sequence[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(chain, start=1)


def _call(told: Explanation) -> Iterator[str]:
    facts = told.facts
    at = f"{told.asked_at:%Y-%m-%d %H:%M:%S} UTC" if told.asked_at else ""
    project = f"project {facts['project']}" if facts["project"] else ""
    said = (told.call_id or "", at, facts["kind"], facts["asked_model"] or "", project)
    yield ", ".join(part for part in said if part)


def _where(told: Explanation) -> str:
    tried = [one["target"] for one in told.attempts]
    open_ones = [link["target"] for link in told.chain if not link["skip"]]
    target = next(iter([*reversed(tried), *open_ones]), "nobody" if told.is_routed else "as asked")
    by = f" by rule {told.rule!r}, route {told.route}" if told.rule else ""
    version = f", policy {told.policy_version}" if told.is_routed else ""
    return f"{target}{by}{version}"


def _arm(told: Explanation) -> Iterator[str]:
    if told.arm:
        share = f"{told.arm['propensity']:.0%}"
        yield f"{told.arm['arm']} of experiment {told.arm['experiment']}, as {share} of its work"


def _facts(told: Explanation) -> Iterator[str]:
    """As many to a line as fit."""
    facts = {name: value for name, value in told.facts.items() if name not in PLAIN}
    line = ""
    for name, value in facts.items():
        if value in (None, "", False):
            continue
        part = f"{name} {_value(value)}"
        if line and len(line) + len(part) + 3 > FACTS_WIDTH:
            yield line
            line = ""
        line += f" · {part}" if line else part
    if line:
        yield line


def _value(value: Any) -> str:
    if value is True:
        return "yes"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _score(told: Explanation) -> Iterator[str]:
    if not told.terms:
        return
    score = told.facts["complexity"]
    yield f"{score:.2f} of 1, task {told.facts['task']}"
    yield from _aligned(_term(term) for term in told.terms)
    if told.complexity is not None and abs(told.complexity - score) >= 0.005:
        yield f"decided on {told.complexity:.2f}: the session's work, or raised"


def _term(term: dict[str, Any]) -> tuple[str, str, str, str]:
    amount = f"× {term['amount']:.2f}" if "amount" in term and term["name"] != "bias" else ""
    return term["name"], f"{term['points']:+6.2f}", amount, ", ".join(term.get("found", ()))


def _rule(rule: dict[str, Any]) -> tuple[str, ...]:
    when = rule["when"]
    short = when if len(when) <= LONGEST_WHEN else when[: LONGEST_WHEN - 1] + "…"
    lead = "gate" if rule["is_gate"] else "rule"
    return lead, rule["name"], HOLDS[rule["holds"]], short


def _link(at: int, link: dict[str, Any]) -> tuple[str, ...]:
    if link["skip"]:
        return f"{at}", link["target"], f"skipped ({link['skip']}): {link['why']}"
    return f"{at}", link["target"], "tried" if link["is_tried"] else ""


def _attempt(one: dict[str, Any]) -> tuple[str, ...]:
    status = f"{one['status']}" if one["status"] else ""
    took = f"{one['duration_ms']:,.0f} ms" if one["duration_ms"] is not None else ""
    cash = f"{_usd(one['list_usd'])} list, {_usd(one['cost_usd'])} cash"
    why = one["error_type"] or one["unpriced"] or ""
    return f"{one['attempt_no']}", one["target"], one["result"], status, f"{took:>10}", cash, why


def _cost(told: Explanation) -> Iterator[str]:
    cost = told.cost
    if "list_usd" in cost:
        listed, cash, base = (cost[name] for name in ("list_usd", "cost_usd", "baseline_usd"))
        yield f"{_usd(listed)} at list price, {_usd(cash)} in cash, {_usd(base)} on the baseline"
    if "may_cost_usd" in cost:
        yield f"up to {_usd(cost['may_cost_usd'])} in cash, which the budget sets aside"


def _cheaper(told: Explanation) -> Iterator[str]:
    one = told.cheaper
    if one is None:
        return
    yield (
        f"{one.target}: {_usd(one.cold_usd)} with its cache cold, {_usd(one.warm_usd)} once warm, "
        f"against {_usd(one.as_is_usd)}, at list price"
    )
    turns = one.pays_in_turns
    pays = "never pays" if turns is None else f"pays after {turns} turn{'' if turns == 1 else 's'}"
    when = "" if told.call_id else " (a usual turn on a warm cache)"
    yield f"leaving {one.instead_of} {pays}{when}"


def _usd(usd: Decimal | None) -> str:
    return "unpriced" if usd is None else f"${usd:.4f}"
