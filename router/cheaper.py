"""What the next cheaper target would have asked for the same work, its cache still cold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from router.budget import Prices, TargetPrice
from router.call import Usage
from router.policy_model import Target
from router.stickiness import TURN_INPUT_TOKENS, TURN_OUTPUT_TOKENS, turns_to_pay
from router.world import usage_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheaper:
    """The same usage at list price: at `instead_of` as it was, and at `target` with a warm and
    with a cold cache. `pays_in_turns` is None where leaving a warm cache never pays.
    """

    target: Target
    instead_of: Target
    as_is_usd: Decimal
    warm_usd: Decimal
    cold_usd: Decimal
    pays_in_turns: int | None


def next_cheaper(
    usage: Usage, instead_of: Target, others: Iterable[Target], prices: Prices
) -> Cheaper | None:
    """The dearest of the others that is cheaper than this target, by the same usage.

    A target whose price is not known is not guessed at.
    """
    stay = prices.known.get(instead_of)
    if stay is None:
        return None
    as_is = usage_usd(stay, usage)
    warm = {
        target: usage_usd(prices.known[target], usage)
        for target in others
        if target in prices.known
    }
    below = [target for target in warm if warm[target] < as_is]
    if not below:
        return None
    target = max(below, key=lambda one: warm[one])
    leave = prices.known[target]
    return Cheaper(
        target=target,
        instead_of=instead_of,
        as_is_usd=as_is,
        warm_usd=warm[target],
        cold_usd=cold_usd(leave, usage),
        pays_in_turns=turns_to_pay(stay, leave, usage.prompt_tokens),
    )


def cold_usd(price: TargetPrice, usage: Usage) -> Decimal:
    """What a usage costs where nothing is cached: the whole prefix is written anew."""
    prefix = usage.cache_read_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
    return usage_usd(
        price,
        replace(usage, cache_read_tokens=0, cache_write_1h_tokens=0, cache_write_5m_tokens=prefix),
    )


def usual_turn(prompt_tokens: int) -> Usage:
    """The usage of one turn on a warm cache, for a call that is yet to be answered."""
    new = min(prompt_tokens, TURN_INPUT_TOKENS)
    return Usage(
        cache_read_tokens=prompt_tokens - new,
        cache_write_5m_tokens=new,
        output_tokens=TURN_OUTPUT_TOKENS,
    )
