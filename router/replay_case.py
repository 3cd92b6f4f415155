"""One scenario over one history: decided, priced, limited, summed, drawn."""

from typing import Any

import numpy as np
import polars as pl

from router.call import Bill
from router.replay_arrays import Flags, Floats, Ints, says
from router.replay_bench import Worked, bench_of, with_thresholds
from router.replay_budget import MOST_PASSES, Budgeted
from router.replay_draws import Range, range_of
from router.replay_draws import weights as drawn_weights
from router.replay_history import History, plan_of
from router.replay_input import unscored
from router.replay_outcome import Basis, Outcome, model_name, with_sums
from router.replay_packed import CODED
from router.replay_plan import Limited, Wanted, limited, local_rates
from router.replay_terms import API_ONLY, FAMILIES, PAST_LIMIT, Scenario
from router.replay_totals import (
    Settled,
    count_draws,
    drawn_factors,
    drawn_sessions,
    money_draws,
    month_factor,
    pair_factors,
    quality_draws,
    switched,
)

DRAWS = 400


def replay(history: History, scenario: Scenario, seed: int = 0, draws: int = DRAWS) -> Outcome:
    """The history under a scenario.

    Raises:
        ValueError: there are no calls, or the scenario names a threshold or a way past the limit
            that there is not.
        LookupError: it names a plan that there is not.
    """
    check(history, scenario)
    case = Case(history, scenario, seed, draws)
    return Outcome(
        scenario=scenario,
        told=lambda: Case(history, scenario, seed, 0).frame(),
        period=case.period(),
        month=case.month(),
        draws=case.monthly,
        basis=case.basis(),
    )


def check(history: History, scenario: Scenario) -> None:
    if not history.calls:
        raise ValueError("there are no calls to replay in this period; choose a longer one")
    if scenario.plan not in (None, API_ONLY) and not bills_plan(scenario):
        raise ValueError(
            f"policy {scenario.name!r} names no provider that a plan bills; "
            "choose a policy that has one, or no plan"
        )
    if scenario.past_limit not in PAST_LIMIT:
        raise ValueError(f"past_limit {scenario.past_limit!r} is none of {', '.join(PAST_LIMIT)}")


def bills_plan(scenario: Scenario) -> bool:
    """Whether a plan can stand behind it; the log as it was had the one that it had."""
    if scenario.rules is None:
        return True
    return any(one.bill is Bill.PLAN for one in scenario.rules.policy.providers.values())


class Case:
    """One scenario on its way to an outcome; `has_budget` says whether its policy's is applied."""

    def __init__(
        self,
        history: History,
        scenario: Scenario,
        seed: int,
        draws: int,
        *,
        has_budget: bool = True,
    ) -> None:
        self.history, self.scenario, self.seed = history, scenario, seed
        self.plan = plan_of(history, scenario)
        self.bench = bench_of(history, scenario, Bill.PLAN if self.plan else Bill.CASH)
        self.factors = drawn_factors(history, scenario.assumptions, seed, draws + 1)
        self._walk()
        self.unbound = self.settled.target
        self.budgeted = self._within_budget() if has_budget else None
        self.sessions, self.drawn = drawn_sessions(history, seed, draws + 1)
        self.by_draw = self._by_draw()
        self.monthly = {name: values[1:] for name, values in self.per_month().items()}

    def _walk(self, mark: Ints | None = None) -> None:
        """Replay with these marks of the budget reached, by call."""
        self.worked = self._work(mark)
        self.limited = self._limit()
        self.settled = self._settle()

    def _within_budget(self) -> Budgeted | None:
        budget = self.scenario.rules.policy.budget if self.scenario.rules else None
        if budget is None:
            return None
        budgeted = Budgeted(budget, self.history.threads.at_s)
        for _ in range(MOST_PASSES):
            if budgeted.is_true(np.where(self.settled.is_local, 0.0, np.nan_to_num(self.cash()))):
                break
            self._walk(budgeted.of_calls)
        return budgeted

    def _work(self, mark: Ints | None) -> Worked:
        bench, scenario = self.bench, self.scenario
        if scenario.rules is None:
            return bench.worked(bench.logged, None)
        chosen = bench.chosen(with_thresholds(scenario), mark)
        return bench.worked(chosen.target, chosen)

    def pair(self, target: Ints) -> Ints:
        """The pair of families of each call: in the log, and at this target."""
        families = self.bench.families
        return families[self.worked.logged] * len(FAMILIES) + families[target]

    def _limit(self) -> Limited | None:
        if self.plan is None or self.scenario.rules is None:
            return None
        pair = self.pair(self.worked.target)
        steps = pair_factors(self.factors.steps)[0][pair]
        answers = pair_factors(self.factors.output)[0][pair]
        wanted = Wanted(self.bench, self.scenario, self.worked, steps, answers)
        return limited(wanted, self.plan, self.factors.plan_cap)

    def _settle(self) -> Settled:
        bench, worked, held = self.bench, self.worked, self.limited
        over = held.over if held else np.zeros(self.history.calls, np.bool_)
        target = np.where(over, held.spill, worked.target) if held else worked.target
        bills = np.array([str(bill) for bill in bench.bills])
        names = [model_name(one.model) for one in bench.options.targets]
        models = tuple(dict.fromkeys(names))
        number = np.array([models.index(name) for name in names], np.int64)
        cash_prompt, cash_answer = self._cash(bills[target], target, over)
        return Settled(
            target=target,
            group=self.pair(target),
            cash_prompt=cash_prompt,
            cash_answer=cash_answer,
            list_prompt=worked.prompt_usd,
            list_answer=worked.answer_usd,
            over=over,
            switched=switched(bench, target),
            is_local=bills[target] == str(Bill.LOCAL),
            model=number[target],
            models=models,
        )

    def _cash(self, bill: object, target: Ints, over: object) -> tuple[Floats, Floats]:
        """Cash of prompt and answer, but for calls beyond a plan: their windows bear it."""
        worked, frame = self.worked, self.history.frame
        if self.scenario.rules is None and self.scenario.prices_on is None:
            logged = frame["cost_usd"].cast(pl.Float64).to_numpy()
            return np.array(logged, np.float64), np.zeros(len(target))
        paid = (bill == str(Bill.CASH)) & ~np.asarray(over, np.bool_)
        seconds = worked.usage.output / self.scenario.assumptions.local_tokens_per_s.middle
        power = local_rates(self.bench)[target] * seconds
        return np.where(paid, worked.prompt_usd, 0.0), np.where(paid, worked.answer_usd, power)

    def _by_draw(self) -> dict[str, Floats]:
        """Sums of the period by draw, the point estimate first."""
        told = money_draws(self.settled, self.sessions, self.drawn, self.factors)
        told |= count_draws(self.history, self.settled, self.sessions, self.drawn)
        index, failed = quality_draws(
            self.history, self.settled, self.sessions, self.drawn, self.seed
        )
        beyond = self._beyond()
        cash, stopped = told["cash_usd"] + beyond["over_usd"], 0.0
        if self.budgeted:
            cash = self.budgeted.capped(cash)
            stopped = self.budgeted.refused_minutes(self.refused)
        return {
            **told,
            "cash_usd": cash,
            "failed_tasks": failed,
            "limit_hits": beyond["hits"],
            "blocked_minutes": beyond["blocked_s"] / 60 + stopped,
            "beyond_calls": beyond["over_calls"],
            "quality": index,
        }

    def _beyond(self) -> dict[str, Floats]:
        count = len(self.drawn)
        nothing = np.zeros(count)
        if self.limited is None or self.limited.spent is None:
            hits = nothing
            if self.scenario.rules is None:
                hit = says(self.history.frame, "first_result", "limit_hit")
                per = np.bincount(
                    self.sessions.of_call, hit.astype(np.float64),
                    minlength=self.sessions.count,
                )  # fmt: skip
                hits = np.asarray(self.drawn @ per, np.float64)
            return {"hits": hits, "blocked_s": nothing, "over_usd": nothing, "over_calls": nothing}
        spent = self.limited.spent
        drawn = drawn_weights(spent.week, count, np.random.default_rng([self.seed, 3]))
        drawn[:1] = 1.0
        return spent.totals(drawn.T)

    def per_month(self) -> dict[str, Floats]:
        factor, told = month_factor(self.history), dict(self.by_draw)
        quality = told.pop("quality")
        month = {name: values * factor for name, values in told.items()}
        fee = float(self.plan.usd) if self.plan else 0.0
        return with_sums(month, quality, fee, self.scenario.rework_usd)

    def period(self) -> dict[str, float]:
        told = {name: values[:1] for name, values in self.by_draw.items()}
        quality = told.pop("quality")
        fee = float(self.plan.usd) if self.plan else 0.0
        share = fee / max(month_factor(self.history), 1e-9)
        summed = with_sums(told, quality, share, self.scenario.rework_usd)
        return {name: float(values[0]) for name, values in summed.items()}

    def month(self) -> dict[str, Range]:
        days = self.history.active_days
        return {name: range_of(values, days) for name, values in self.monthly.items()}

    def basis(self) -> Basis:
        history, worked = self.history, self.worked
        missing = np.isnan(worked.prompt_usd + worked.answer_usd)
        used = worked.usage.prompt + worked.usage.output > 0
        nobody = (self.settled.target == self.bench.nobody) & (worked.logged != self.bench.nobody)
        return Basis(
            calls=history.calls,
            observed=int(worked.observed.sum()),
            modelled=int((~worked.observed).sum()),
            unscored=unscored(history.frame),
            unpriced=int((missing & used).sum()),
            unanswered=int(nobody.sum()),
            active_days=history.active_days,
            outcomes=int(history.labels["outcome"].is_in(["pass", "fail"]).sum()),
            plan_meter=self.limited.meter.basis if self.limited else "none",
            **self._budget(),
        )

    @property
    def refused(self) -> Flags:
        """The calls that nobody answers for the budget's sake."""
        nobody = self.bench.nobody
        refused: Flags = (self.settled.target == nobody) & (self.unbound != nobody)
        return refused

    def _budget(self) -> dict[str, Any]:
        if self.budgeted is None:
            return {}
        return {
            "budget_usd": float(self.budgeted.budget.usd),
            "budget_reached": self.budgeted.reached(),
            "budget_blocked": int(self.refused.sum()),
        }

    def cash(self) -> Floats:
        """Cash of each call, in the middle of the assumptions; NaN without a price."""
        settled = self.settled
        steps = pair_factors(self.factors.steps)[0][settled.group]
        answers = pair_factors(self.factors.output)[0][settled.group]
        cash: Floats = settled.cash_prompt * steps + settled.cash_answer * answers
        return cash + self.limited.over_usd if self.limited else cash

    def _routed(self) -> dict[str, pl.Series | pl.Expr]:
        chosen, rules = self.worked.chosen, self.scenario.rules
        if chosen is None or rules is None:
            return {name: pl.lit(None, CODED) for name in ("route", "rule")}
        names = pl.Series([rule.name for rule in rules.rules], dtype=CODED)
        routes = pl.Series(chosen.routes, dtype=CODED)
        return {"route": routes.gather(chosen.route), "rule": names.gather(chosen.rule)}

    def frame(self) -> pl.DataFrame:
        settled, worked, frame = self.settled, self.worked, self.history.frame
        steps = pair_factors(self.factors.steps)[0][settled.group]
        answers = pair_factors(self.factors.output)[0][settled.group]
        listed = settled.list_prompt * steps + settled.list_answer * answers
        names = pl.Series([str(target) for target in self.bench.options.targets], dtype=CODED)
        routed = self._routed()
        tiers = pl.Series(["simple", "moderate", "complex"], dtype=CODED)
        return frame.select(
            "call_id", "asked_at", pl.col("session_id", "agent_id", "kind", "task").cast(CODED),
            "complexity",
            tier=tiers.gather(self.history.threads.stratum),
            logged=pl.col("target").cast(CODED),
            target=names.gather(settled.target),
            **routed,
            observed=pl.Series(worked.observed),
            switched=pl.Series(settled.switched),
            is_beyond=pl.Series(settled.over),
            logged_list_usd="list_usd",
            list_usd=pl.Series(listed).fill_nan(None),
            cash_usd=pl.Series(self.cash()).fill_nan(None),
        ).sort("asked_at", "call_id")  # fmt: skip
