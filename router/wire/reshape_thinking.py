"""`thinking` and `effort` said anew for a model that knows other words for them."""

from typing import Any

from router.wire.request import Body
from router.wire.reshape_shapes import (
    ADAPTIVE,
    BETWEEN_TOOLS,
    DISABLED,
    ENABLED,
    Shape,
    claude,
)
from router.wire.untrusted import count, table, word

LEAST_BUDGET = 1024
# What Claude Code sends to models with a budget stands for its usual effort, `high`.
BUDGETS = {"low": 4_096, "medium": 10_240, "high": 31_999, "xhigh": 31_999, "max": 31_999}
OFF = frozenset({DISABLED, BETWEEN_TOOLS})
FULL_EFFORTS = frozenset({"xhigh", "max"})


def thinks(body: Body) -> bool | None:
    """Whether this call is to think; None where it leaves that to the model."""
    kind = word(table(body.get("thinking")).get("type"))
    if kind in (ADAPTIVE, ENABLED):
        return True
    if kind in OFF:
        return False
    asked = claude(str(body.get("model")))
    return None if asked is None or asked.thinks_unasked else False


def effort_of(body: Body) -> str | None:
    """The effort asked for, by its name or by a thinking budget; None where nothing says."""
    effort = table(body.get("output_config")).get("effort")
    if isinstance(effort, str):
        return effort
    budget = count(table(body.get("thinking")).get("budget_tokens"))
    if budget is None:
        return None
    return next((name for name, most in BUDGETS.items() if budget <= most), "high")


def thinking_for(body: Body, shape: Shape, most_tokens: int | None) -> dict[str, Any] | None:
    """The `thinking` field that says to this target what `body` says; None: leave it out."""
    wanted = thinks(body)
    if wanted is None or not shape.thinking:
        return None
    asked = table(body.get("thinking"))
    if not wanted:
        return None if not asked and not shape.thinks_unasked else _off(shape)
    if asked.get("type") == ADAPTIVE and ADAPTIVE in shape.thinking:
        return asked
    if ENABLED not in shape.thinking:
        return {"type": ADAPTIVE}
    return _budgeted(body, shape, most_tokens)


def _off(shape: Shape) -> dict[str, Any] | None:
    kinds = (kind for kind in (DISABLED, BETWEEN_TOOLS) if kind in shape.thinking)
    return next(({"type": kind} for kind in kinds), None)


def _budgeted(body: Body, shape: Shape, most_tokens: int | None) -> dict[str, Any] | None:
    """A budget under `most_tokens`; thinking is off where there is no room for the least one."""
    asked = count(table(body.get("thinking")).get("budget_tokens"))
    budget = asked or BUDGETS.get(effort_of(body) or "high", BUDGETS["high"])
    if most_tokens is not None:
        budget = min(budget, most_tokens - 1)
    if budget < LEAST_BUDGET:
        return _off(shape)
    return {"type": ENABLED, "budget_tokens": budget}


def effort_for(body: Body, shape: Shape, thinking: dict[str, Any] | None) -> str | None:
    """The nearest effort this target knows, not above what was asked; None: leave it out.

    A model that cannot be told not to think is told to think little.
    """
    if not shape.efforts:
        return None
    if thinks(body) is False and not OFF & shape.thinking:
        return "low"
    asked = effort_of(body)
    if asked is None:
        return None
    known = shape.efforts
    if table(thinking).get("type") in OFF:
        known = tuple(effort for effort in known if effort not in FULL_EFFORTS)
    rank = list(BUDGETS)
    if asked not in rank:
        return None
    return max((e for e in known if rank.index(e) <= rank.index(asked)), key=rank.index)
