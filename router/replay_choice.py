"""Which target each past call would go to: the router's own decisions, for all threads at once.

Every thread is walked a call at a time as `decide` would, but the same step of all threads is
taken together (`replay_walk`). What of a step is not arithmetic comes from `Options`, which asks
the router.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from router.policy_model import DEFAULT
from router.replay_arrays import Flags, Floats, Ints, distinct
from router.replay_input import without
from router.replay_options import NOBODY, Options
from router.replay_packed import worded
from router.replay_past import Past
from router.replay_walk import Standing, walk
from router.rules import Compiled, first_rules


@dataclass(frozen=True)
class Chosen:
    """Per call: its class in `Options`; the numbers in `Options.targets` of the target decided on
    and of the one that answers, of its route in `routes`, of the first rule that held; the
    complexity decided on; whether it escalated, and was held.
    """

    group: Ints
    decided: Ints
    target: Ints
    route: Ints
    rule: Ints
    complexity: Floats
    escalated: Flags
    held: Flags
    routes: tuple[str, ...]


def choose(past: Past, options: Options, rules: Compiled) -> Chosen:
    """The decision on every call, in a world without spent windows, failures or pins.

    `rules` may differ from those of `options` in its thresholds only.
    """
    return _Choice(past, options, rules).chosen()


def escalates(past: Past, options: Options, rules: Compiled) -> Flags:
    """The calls with a cause to move their thread's work up, if it is not free to move anyway."""
    return _Choice(past, options, rules).escalates()


def routes_of(rules: Compiled) -> tuple[str, ...]:
    """Every route that a call may have, by the numbers of `Chosen.route`."""
    named = [*(rule.route for rule in rules.rules), *rules.policy.routes, DEFAULT]
    return tuple(dict.fromkeys(named))


class _Choice:
    """What each call is if it stood alone, before its thread is walked."""

    def __init__(self, past: Past, options: Options, rules: Compiled) -> None:
        self.given = self.past = past
        self.options, self.rules = options, rules
        self.nobody = self.unmoved = np.zeros(len(past.group), np.bool_)
        self.routes = routes_of(rules)
        self._at = {name: at for at, name in enumerate(self.routes)}
        self._rule_route = np.array([self._at[rule.route] for rule in rules.rules], np.int64)
        self.rule = self._ruled(past.frame) if past.rule is None else past.rule
        self.has_routes = bool(rules.policy.routes)
        self.is_gate = (self.rule < rules.gates) & self.has_routes
        self.route = self._rule_route[self.rule]
        if not self.has_routes:
            self.route[:] = self._at[DEFAULT]
        is_asked = self._asked()
        self.is_asked = is_asked & ~self.is_gate
        self.sticks = past.threads.is_conversation & ~self.is_gate & ~is_asked & self.has_routes

    def chosen(self) -> Chosen:
        standing = self._walked()
        return Chosen(
            group=self.past.group,
            decided=standing.target,
            target=self.past.answering(standing.target),
            route=standing.route,
            rule=self.rule,
            complexity=standing.complexity,
            escalated=standing.escalated,
            held=standing.held,
            routes=self.routes,
        )

    def _walked(self) -> Standing:
        """Walked until what the walk supposed came true: which calls nobody answers, and which
        causes to move up were not followed. Each walk is right for at least a call more of every
        thread than the one before.
        """
        plain = self._plain()
        while True:
            standing = self._alone(*plain)
            if self.has_routes:
                walk(self.past, self.options, standing, self)
            nobody, unmoved = self._untrue(standing)
            if (nobody == self.nobody).all() and (unmoved == self.unmoved).all():
                return standing
            self.nobody, self.unmoved = nobody, unmoved
            self.past = replace(self.given, threads=without(self.given.threads, nobody))

    def _alone(self, target: Ints, is_open: Flags) -> Standing:
        return Standing(
            target=target.copy(),
            is_open=is_open,
            route=self.route.copy(),
            complexity=self.past.score.copy(),
            escalated=self.escalates(),
            held=np.zeros(len(self.rule), np.bool_),
            is_gate=self.is_gate,
            is_asked=self.is_asked,
            sticks=self.sticks,
            rule=self.rule,
        )

    def _untrue(self, standing: Standing) -> tuple[Flags, Flags]:
        """The calls of a conversation that nobody answers, and those that had a cause to move
        their thread up, but stood where it could not.
        """
        threads = self.given.threads
        answering = self.given.answering(standing.target)
        nobody = (threads.mover | threads.summary) & (answering == self.options.number(NOBODY))
        return nobody, self.causes & ~standing.escalated

    def raised(self, places: Ints, complexity: Floats) -> tuple[Ints, Ints]:
        """Target and route of these calls by the rules for work of another complexity."""
        frame = self.past.rows(places).with_columns(pl.Series("complexity", complexity, pl.Float64))
        rule = self._ruled(frame)
        route = self._rule_route[rule]
        groups = self.past.group[places].tolist()
        found = [
            self.options.wanted(group, self.routes[at])
            for group, at in zip(groups, route.tolist(), strict=True)
        ]
        return np.array(found, np.int64), route

    def _ruled(self, frame: pl.DataFrame) -> Ints:
        told = worded(frame, self.rules.columns)
        return first_rules(self.rules, told).cast(pl.Int64).to_numpy().copy()

    def _asked(self) -> Flags:
        """The calls that name a target or a route themselves; a route named is theirs."""
        options, group = self.options, self.past.group % max(len(self.options.rows), 1)
        names = [options.asked_route(at) for at in range(len(options.rows))]
        if not any(name is not None for name in names):
            return np.zeros(len(group), np.bool_)
        is_asked = np.array([name is not None for name in names], np.bool_)[group]
        own = np.array([self._at[name] if name else -1 for name in names], np.int64)[group]
        takes = is_asked & ~self.is_gate & (own >= 0)
        self.route[takes] = own[takes]
        return is_asked

    def _plain(self) -> tuple[Ints, Flags]:
        """Each call's target if it stood alone, and whether its rules have an open one."""
        count = len(self.rules.rules)
        codes, where = distinct(self.past.group * count + self.rule)
        found = np.array([self._plain_one(int(one)) for one in codes], np.int64)
        routes = [self.rules.rules[int(one) % count].route for one in codes]
        opens = [
            self.options.opens(int(one) // count, route)
            for one, route in zip(codes, routes, strict=True)
        ]
        return found[where], np.array(opens, np.bool_)[where]

    def _plain_one(self, code: int) -> int:
        group, at = divmod(code, len(self.rules.rules))
        rule = self.rules.rules[at]
        if at < self.rules.gates:
            return self.options.gate(group, rule)
        return self.options.wanted(group, rule.route)

    def escalates(self) -> Flags:
        """Kept as `causes` too, for a walk writes into what is told here."""
        told = self.past.escalates
        if not self.has_routes:
            self.causes = np.zeros(len(self.rule), np.bool_)
        elif told is not None and not (self.nobody.any() or self.unmoved.any()):
            self.causes = told & self.sticks
        else:
            self.causes = self._escalates()
        return self.causes.copy()

    def _escalates(self) -> Flags:
        """The conditions of `escalation`, in order of time."""
        past, settings = self.past, self.rules.policy.switching
        threads, failures, messages = past.threads, past.failures, past.messages
        may = self.sticks & ~threads.is_first & ~threads.is_free
        may &= (failures >= settings.failures) | past.reask
        moves = threads.mover & ~self.unmoved
        raised = np.zeros(len(may), np.bool_)
        last: dict[int, int] = {}
        for at in np.flatnonzero(may).tolist():
            before, failed = last.get(int(threads.thread[at]), -1), int(failures[at])
            told = int(messages[at])
            if told <= before:
                continue
            since = (told - before) // 2 if before >= 0 else failed
            raised[at] = min(failed, since) >= settings.failures or bool(past.reask[at])
            if raised[at] and moves[at]:
                last[int(threads.thread[at])] = told
        return raised
