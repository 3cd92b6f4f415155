"""Sums of a history for every pair of thresholds, thread by thread."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from router.call import Bill
from router.quality import STRATA
from router.replay_arrays import Flags, Floats, Ints
from router.replay_case import Case
from router.replay_copies import Copies, Walker, one_of_each, threads_at
from router.replay_cost import SHARED_TTL_S, At, Caches, Tokens, last_use, usage_at
from router.replay_outcome import model_name
from router.replay_plan import Pair, Ways, beyond, local_rates, meter_for, spill_cash, used_at
from router.replay_terms import FAMILIES, Told
from router.replay_totals import is_inference, pair_factors, rate_draws
from router.replay_windows import FIVE_HOURS_S, opened

SUMS = ("cash_usd", "list_usd", "done", "failed_tasks", "local_calls", "switches")


@dataclass(frozen=True)
class Cells:
    """Sums of the history's own days by pair of marks (`low` ≤ `high`, by number): `sums` by name,
    and what a plan's five-hour windows are asked for, by pair and window: `demand` in the meter's
    unit, `spill_usd` of all of it beyond the plan, `wanted` calls, and the tasks `done` more or
    less beyond the plan. No windows without a plan.
    """

    low: Ints
    high: Ints

    sums: dict[str, Floats]
    demand: NDArray[np.float64]
    spill_usd: NDArray[np.float64]
    wanted: NDArray[np.float64]
    done: NDArray[np.float64]


class Summing:
    """Adds up what copies come to; `case` is the scenario at its own thresholds."""

    def __init__(self, case: Case, marks: Floats, walker: Walker) -> None:
        self.case, self.bench, self.walker = case, case.bench, walker
        history = case.history
        self.low, self.high = np.triu_indices(len(marks))
        size = len(self.low)
        self.is_inference = is_inference(history)
        at_s = history.threads.at_s[history.threads.by_time]
        self.starts = at_s[opened(at_s, FIVE_HOURS_S)] if case.plan else np.zeros(0)
        self.window = np.searchsorted(self.starts, history.threads.at_s, "right") - 1
        self.totals = np.zeros((len(SUMS), size))
        self.windows = np.zeros((4, size, len(self.starts)))
        self.warm = _Warm(case)

    def cells(self, told: Told) -> Cells:
        walked, every = 0, max(int(self.walker.sizes.sum()), 1)
        for copies in self.walker.chunks():
            kept, stands = one_of_each(copies)
            sums, demand = self._sums(kept)
            units, begins = np.unique(copies.unit, return_index=True)
            ends = np.append(begins[1:], len(copies.unit))
            for unit, begin, end in zip(
                units.tolist(), begins.tolist(), ends.tolist(), strict=True
            ):
                mine = stands[begin:end]
                self._add(unit, sums[:, mine], demand, mine)
            walked += len(copies.calls)
            told(walked / every)
        named = dict(zip(SUMS, self.totals, strict=True))
        return Cells(self.low, self.high, named, *self.windows)

    def _add(self, unit: int, sums: Floats, demand: "_Demand", kept: Ints) -> None:
        pair = self.walker.classes[unit].of_grid(self.low, self.high)
        self.totals += sums[:, pair]
        if len(self.starts):
            first, values = demand.of(kept)
            self.windows[:, :, first : first + values.shape[2]] += values[:, pair]

    def _sums(self, copies: Copies) -> tuple[Floats, "_Demand"]:
        bench, calls, target = self.bench, copies.calls, copies.target
        usage, prompt, answer = self._usd(copies)
        pair = bench.families[bench.logged[calls]] * len(FAMILIES) + bench.families[target]
        steps = pair_factors(self.case.factors.steps)[0][pair]
        answers = pair_factors(self.case.factors.output)[0][pair]
        list_usd = np.nan_to_num(prompt * steps + answer * answers)
        bills = np.array([str(bill) for bill in bench.bills])[target]
        seconds = usage.output / self.case.scenario.assumptions.local_tokens_per_s.middle
        power = local_rates(bench)[target] * seconds * answers
        cash = np.where(bills == str(Bill.CASH), list_usd, power)
        weight = bench.history.threads.weight[calls]
        rate = self._rates()[target, bench.history.threads.stratum[calls]]
        local = (bills == str(Bill.LOCAL)) & self.is_inference[calls]
        model = bench.models[target]
        moved = (copies.before >= 0) & (model[np.maximum(copies.before, 0)] != model)
        moved &= bench.history.threads.is_conversation[calls]
        amounts = (cash, list_usd, weight * rate, weight * (1 - rate), local, moved)
        count = len(copies.unit)
        sums = np.stack([np.bincount(copies.copy, amount, minlength=count) for amount in amounts])
        on_plan = bills == str(Bill.PLAN)
        return sums, self._demand(copies, usage, on_plan, (steps, answers))

    def _usd(self, copies: Copies) -> tuple[Tokens, Floats, Floats]:
        bench, calls, target = self.bench, copies.calls, copies.target
        threads = threads_at(bench.history.threads, calls, copies.before, copies.copy)
        model, logged = bench.models[target], bench.models[bench.logged[calls]]
        ttl_s = bench.ttl_s[calls]
        at = At(model, bench.has_cache[target], ttl_s, self.warm.of(calls, model))
        use = last_use(threads, logged)
        caches = Caches(logged, use, bench.history.usage.at(calls))
        usage, observed = usage_at(threads, caches, at)
        observed &= bench.same_price[target] == bench.same_price[bench.logged[calls]]
        return usage, *bench.usd(calls, target, usage, observed)

    def _rates(self) -> Floats:
        """The success of every target by stratum, in the middle."""
        models = [model_name(target.model) for target in self.bench.options.targets]
        rates, _ = rate_draws(self.case.history, tuple(models), 1, self.case.seed)
        return np.asarray(rates[0], np.float64)

    def _demand(self, copies: Copies, usage: Tokens, on_plan: Flags, factors: Pair) -> "_Demand":
        windows = len(self.starts)
        if not windows or self.case.plan is None:
            return _Demand(np.zeros((4, 0)), np.zeros(0, np.int64), np.zeros(0, np.int64))
        meter = meter_for(self.bench, self.case.plan, self.case.scenario)
        used = used_at(self.bench, meter, copies.target, copies.calls, usage) * factors[0]
        used = np.where(on_plan, used, 0.0)
        spill, done = self._spill(copies, on_plan, factors)
        code = copies.copy * windows + self.window[copies.calls]
        cells, where = np.unique(code, return_inverse=True)
        amounts = np.stack(
            [np.bincount(where, one, minlength=len(cells)) for one in (used, spill, on_plan, done)]
        )
        return _Demand(amounts, cells // windows, cells % windows)

    def _spill(self, copies: Copies, on_plan: Flags, factors: Pair) -> tuple[Floats, Floats]:
        """Cash of each call beyond the plan's limit, its cache warm there, and by how much of a
        task it does more there; zero off the plan.
        """
        bench, at = self.bench, np.flatnonzero(on_plan)
        usd, done = np.zeros(len(on_plan)), np.zeros(len(on_plan))
        calls = copies.calls[at]
        ways = Ways(bench.past.group[calls], copies.route[at], copies.gate[at], self.walker.routes)
        target = beyond(bench, self.case.scenario, ways)
        told = factors[0][at], factors[1][at]
        usd[at] = spill_cash(bench, calls, target, told)[0]
        threads, rates = bench.history.threads, self._rates()
        change = rates[target, threads.stratum[calls]]
        change -= rates[copies.target[at], threads.stratum[calls]]
        done[at] = threads.weight[calls] * change
        return usd, done


@dataclass(frozen=True)
class _Demand:
    """What copies ask of windows: amounts by (copy, window), sparse, in order of copy."""

    amounts: NDArray[np.float64]
    copy: Ints
    window: Ints

    def of(self, copies: Ints) -> tuple[int, NDArray[np.float64]]:
        """Of these copies: the first window they touch, and amounts (3, copies, windows)."""
        if not len(self.copy):
            return 0, np.zeros((len(self.amounts), len(copies), 0))
        low = np.searchsorted(self.copy, copies.min(), "left")
        high = np.searchsorted(self.copy, copies.max(), "right")
        window, copy = self.window[low:high], self.copy[low:high]
        first, last = (int(window.min()), int(window.max())) if len(window) else (0, 0)
        kept, number = np.unique(copies, return_inverse=True)
        dense = np.zeros((len(self.amounts), len(kept), last - first + 1))
        row = np.searchsorted(kept, copy)
        dense[:, row, window - first] = self.amounts[:, low:high]
        return first, dense[:, number]


class _Warm:
    """Whether a model was used by anybody of late, as the scenario's own thresholds have it."""

    def __init__(self, case: Case) -> None:
        threads = case.history.threads
        model = case.bench.models[case.worked.target]
        self.at_s = threads.at_s
        self.times = {one: np.sort(threads.at_s[model == one]) for one in np.unique(model).tolist()}

    def of(self, calls: Ints, model: Ints) -> Flags:
        warm = np.zeros(len(calls), np.bool_)
        for one, times in self.times.items():
            mine = np.flatnonzero(model == one)
            at_s = self.at_s[calls[mine]]
            last = np.searchsorted(times, at_s, "left") - 1
            warm[mine] = (last >= 0) & (at_s - times[np.maximum(last, 0)] <= SHARED_TTL_S)
        return warm


def reference_done(case: Case) -> float:
    """Tasks that the reference would have done, in the middle."""
    threads = case.history.threads
    _, reference = rate_draws(case.history, (), 1, case.seed)
    share = np.bincount(threads.stratum, threads.weight, minlength=len(STRATA))
    return float((share * reference[0]).sum())
