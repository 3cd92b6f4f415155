"""A plan before a scenario: what its windows take, where they are spent, what overflows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from router.call import Bill
from router.plans import Plan
from router.policy_model import Provider, Target
from router.replay_arrays import Flags, Floats, Ints, distinct
from router.replay_bench import Bench, Worked
from router.replay_cost import Tokens, usd_by_bucket, usd_of
from router.replay_meter import Meter, meter_of
from router.replay_terms import Scenario
from router.replay_windows import Capacity, PlanCalls, Spent, spend

type Pair = tuple[Floats, Floats]


@dataclass(frozen=True)
class Wanted:
    """A scenario's calls before its limits; `steps` and `answers` are the middle factors of each
    on its prompt and on its answer.
    """

    bench: Bench
    scenario: Scenario
    worked: Worked
    steps: Floats
    answers: Floats


@dataclass(frozen=True)
class Limited:
    """What a plan's limits do to a scenario.

    `over` are the calls beyond for the middle of the assumptions, `spill` where any call would
    go, `over_usd` the cash of those beyond; `spent` has every window for every draw.
    """

    meter: Meter
    spent: Spent | None
    over: Flags
    spill: Ints
    over_usd: Floats


def limited(wanted: Wanted, plan: Plan, cap_factors: Floats) -> Limited:
    """The plan's windows over the calls that want it; `cap_factors` are draws, the first 1."""
    bench, scenario, worked = wanted.bench, wanted.scenario, wanted.worked
    history = bench.history
    wants = np.flatnonzero(
        np.array([bill is Bill.PLAN for bill in bench.bills], np.bool_)[worked.target]
    )
    order = wants[np.argsort(history.threads.at_s[wants], kind="stable")]
    meter = meter_for(bench, plan, scenario)
    spill = worked.target.copy()
    spill[order] = _spill(bench, scenario, worked, order)
    calls = _plan_calls(wanted, order, spill, meter)
    over, over_usd = np.zeros(history.calls, np.bool_), np.zeros(history.calls)
    if not len(order) or meter.basis == "none":
        return Limited(meter, None, over, spill, over_usd)
    factors = cap_factors
    if meter.basis == "measured":
        factors = 1 + deviations(cap_factors) * meter.sd
    spent, is_over, usd = spend(calls, meter.capacity, np.maximum(factors, 0.05))
    over[order], over_usd[order] = is_over, usd
    return Limited(meter, spent, over, spill, over_usd)


def deviations(factors: Floats) -> Floats:
    """Deviations from the middle behind lognormal factors, of unit variance."""
    logs = np.log(factors / factors[0])
    sd = float(np.std(logs[1:])) if len(logs) > 1 else 0.0
    shares: Floats = logs / sd if sd > 0 else logs * 0
    return shares


def meter_for(bench: Bench, plan: Plan, scenario: Scenario) -> Meter:
    """The plan's meter, scaled from the logged plan's if another was measured; kept."""
    history = bench.history
    key = ("meter", plan.name, plan.valid_from, scenario.prices_on)
    if key not in history.kept:
        history.kept[key] = _meter(bench, plan)
    found = history.kept[key]
    assert isinstance(found, Meter)
    return found


def _meter(bench: Bench, plan: Plan) -> Meter:
    history = bench.history
    on_plan = np.flatnonzero(history.on_plan)
    order = on_plan[np.argsort(history.threads.end_s[on_plan], kind="stable")]
    usd = usd_features(bench, bench.logged, history.usage, order)
    meter = meter_of(plan, history.readings, history.threads.end_s[order], np.nan_to_num(usd))
    logged = next((p for p in history.plans if p.name == history.plan), None)
    if meter.basis != "measured" or not logged or not logged.multiple or not plan.multiple:
        return meter
    return replace(meter, capacity=_times(meter.capacity, plan.multiple / logged.multiple))


def _times(capacity: Capacity, factor: float) -> Capacity:
    return Capacity(
        five_hour=capacity.five_hour * factor,
        seven_day=capacity.seven_day * factor,
        seven_day_opus=capacity.seven_day_opus * factor,
    )


def usd_features(bench: Bench, target: Ints, usage: Tokens, at: Ints) -> NDArray[np.float64]:
    """USD at list price of fresh input, cache writes, reads and output, of the calls at these
    places.
    """
    usd = usd_by_bucket(bench.table, target[at], bench.day[at], usage.at(at))
    return np.stack([usd[0], usd[1] + usd[2], usd[3], usd[4]], axis=1)


def used_at(bench: Bench, meter: Meter, target: Ints, calls: Ints, usage: Tokens) -> Floats:
    """What these calls of the history take of a window at their targets, by the meter."""
    if meter.basis == "measured":
        usd = usd_by_bucket(bench.table, target, bench.day[calls], usage)
        features = (usd[0], usd[1] + usd[2], usd[3], usd[4])
    else:
        written = usage.write_5m + usage.write_1h
        features = (usage.fresh, written, usage.read, usage.output)
    return np.nan_to_num(meter.used(np.stack(features, axis=1)))


def _plan_calls(wanted: Wanted, order: Ints, spill: Ints, meter: Meter) -> PlanCalls:
    bench, worked = wanted.bench, wanted.worked
    threads, policy = bench.history.threads, bench.policy
    factors = wanted.steps[order], wanted.answers[order]
    warm, cold = spill_cash(bench, order, spill[order], factors)
    is_opus = np.array(["opus" in target.model for target in worked.targets], np.bool_)
    used = used_at(bench, meter, worked.target[order], order, worked.usage.at(order))
    return PlanCalls(
        at_s=threads.at_s[order],
        used=used * wanted.steps[order],
        is_opus=is_opus[worked.target][order],
        is_light=_light(bench, worked)[order],
        spill_usd=warm,
        cold_usd=cold - warm,
        before=_before(order, threads.before),
        leave_at=policy.limits.leave_at,
    )


def _before(order: Ints, before: Ints) -> Ints:
    """The places within `order` of each call's thread's call before it; -1 for none there."""
    place = np.full(int(before.max(initial=-1)) + 2, -1, np.int64)
    inside = order[order < len(place)]
    place[inside] = np.flatnonzero(order < len(place))
    found = before[order]
    return np.where(found >= 0, place[np.maximum(found, 0)], -1)


def _light(bench: Bench, worked: Worked) -> Flags:
    """Calls that leave a filling plan: of the policy's light routes, and not from a warm cache."""
    chosen = worked.chosen
    if chosen is None or bench.rules is None:
        return np.zeros(len(worked.target), np.bool_)
    light = np.array([name in bench.policy.limits.routes for name in chosen.routes], np.bool_)
    on = worked.target[np.maximum(bench.history.threads.before, 0)]
    stays = (
        bench.history.threads.is_conversation
        & (bench.history.threads.before >= 0)
        & ~bench.history.threads.is_free
        & (on == worked.target)
    )
    is_gate = chosen.rule < bench.rules.gates
    leaves: Flags = light[chosen.route] & ~stays & ~is_gate
    return leaves


@dataclass(frozen=True)
class Ways:
    """How calls were routed: class of call, route by number, and its gate's rule or -1."""

    group: Ints
    route: Ints
    gate: Ints
    routes: tuple[str, ...]


def beyond(bench: Bench, scenario: Scenario, ways: Ways) -> Ints:
    """Where each call goes once the plan's window is spent, by number."""
    rules = scenario.rules.rules if scenario.rules else ()
    width, routes = len(rules) + 1, len(ways.routes)
    code = (ways.group * routes + ways.route) * width + ways.gate + 1
    codes, where = distinct(code)
    found = []
    for one in codes.tolist():
        rest, gate = divmod(one, width)
        group, route = divmod(rest, routes)
        rule = rules[gate - 1] if gate else None
        found.append(bench.options.beyond(group, ways.routes[route], rule, scenario.past_limit))
    return np.array(found, np.int64)[where] if found else ways.group


def _spill(bench: Bench, scenario: Scenario, worked: Worked, order: Ints) -> Ints:
    chosen, rules = worked.chosen, bench.rules
    if chosen is None or rules is None:
        return worked.target[order]
    gate = np.where(chosen.rule < rules.gates, chosen.rule, -1)
    ways = Ways(chosen.group[order], chosen.route[order], gate[order], chosen.routes)
    return beyond(bench, scenario, ways)


def spill_cash(bench: Bench, at: Ints, spill: Ints, factors: Pair) -> Pair:
    """Cash of these calls of the history at their targets beyond the limit, with a warm cache and
    with a cold one; `factors` are those on prompt and answer.
    """
    threads, logged = bench.history.threads, bench.history.usage.at(at)
    paid = np.array([bill is Bill.CASH for bill in bench.bills], np.bool_)[spill]
    kept = np.where(bench.has_cache[spill], threads.cacheable[at], 0.0)
    both, none = [], np.zeros(len(at))
    for hit in (np.minimum(threads.prefix[at], kept), none):
        usage = Tokens(
            threads.prompt[at] - kept, kept - hit, none, hit, logged.output, logged.searches
        )
        prompt, answer = usd_of(bench.table, spill, bench.day[at], usage)
        usd = prompt * factors[0] + answer * factors[1]
        both.append(np.where(paid, np.nan_to_num(usd), 0.0))
    return both[0], both[1]


def power_usd_per_s(provider: Provider | None) -> float:
    """Electricity of a local server while it answers."""
    usd = provider.power_usd(1_000_000.0) if provider else None
    return float(usd) / 1000 if usd else 0.0


def local_rates(bench: Bench) -> Floats:
    """USD a second by target; zero for all but local ones."""
    providers = bench.policy.providers

    def rate(target: Target, bill: Bill) -> float:
        return power_usd_per_s(providers.get(target.provider)) if bill is Bill.LOCAL else 0.0

    pairs = zip(bench.options.targets, bench.bills, strict=True)
    return np.array([rate(target, bill) for target, bill in pairs])
