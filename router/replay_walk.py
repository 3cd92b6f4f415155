"""Threads walked step by step: where each session stands decides what its next call may do."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from router.policy_model import DEFAULT
from router.replay_arrays import Flags, Floats, Ints
from router.replay_input import NO_SESSION, UNSCORED
from router.replay_options import NOBODY, Options
from router.replay_past import Past
from router.rules import Compiled

UNFILLED = -2
MOST_TARGETS = 512


class Raising(Protocol):
    """What a walk asks of the rules: routes by number, and work of another complexity."""

    rules: Compiled
    routes: tuple[str, ...]

    def raised(self, places: Ints, complexity: Floats) -> tuple[Ints, Ints]: ...


@dataclass(frozen=True)
class Standing:
    """Each call as if it stood alone; a walk writes what its thread makes of it into `target`,
    `route`, `complexity`, `escalated` and `held`.
    """

    target: Ints
    is_open: Flags
    route: Ints
    complexity: Floats
    escalated: Flags
    held: Flags
    is_gate: Flags
    is_asked: Flags
    sticks: Flags
    rule: Ints


def walk(past: Past, options: Options, standing: Standing, rules: Raising) -> None:
    """Walk every thread, writing into `standing`."""
    threads = past.threads
    part = np.flatnonzero((threads.thread != NO_SESSION) & (threads.is_conversation | past.reads))
    if len(part):
        _Walk(past, options, standing, rules).run(part)


class _Walk:
    """All threads in parts that start where the past no longer matters. `on`, `on_route` and
    `on_score` are where each part stands; `order` has the first calls of all parts, then the
    second ones, longest parts first, so that a step is a slice.
    """

    def __init__(self, past: Past, options: Options, standing: Standing, rules: Raising) -> None:
        self.past, self.options, self.standing, self.rules = past, options, standing, rules
        self.switching = rules.rules.policy.switching
        self.nobody = options.number(NOBODY)
        self.may_fall = bool((past.failed >= 0).any())
        groups = int(past.group.max(initial=-1)) + 1
        cells = groups * MOST_TARGETS * len(rules.routes)
        self.held_at = np.full(cells, UNFILLED, np.int64)
        self.known = np.zeros(0, np.bool_)

    def run(self, part: Ints) -> None:
        order, counts = self._ordered(part)
        self._gather(order)
        bounds = np.concatenate([[0], np.cumsum(counts)]).tolist()
        for begin, end in pairwise(bounds):
            self._step(slice(begin, end), end - begin)
        standing = self.standing
        standing.target[order] = self.target
        standing.route[order] = self.route
        standing.complexity[order] = self.complexity
        standing.escalated[order] = self.escalated
        standing.held[order] = self.held

    def _ordered(self, part: Ints) -> tuple[Ints, Ints]:
        """The calls in order of step, and how many parts are left at each."""
        starts = np.flatnonzero(self._cuts(part))
        lengths = np.diff(np.append(starts, len(part)))
        by_length = np.argsort(-lengths, kind="stable")
        rank = np.empty(len(starts), np.int64)
        rank[by_length] = np.arange(len(starts))
        counts = np.searchsorted(-lengths[by_length], -np.arange(lengths.max()), side="left")
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
        number = np.repeat(np.arange(len(starts)), lengths)
        step = np.arange(len(part)) - starts[number]
        order = np.empty(len(part), np.int64)
        order[begins[step] + rank[number]] = part
        self.on = np.full(len(starts), -1, np.int64)
        self.on_route = np.full(len(starts), self.rules.routes.index(DEFAULT), np.int64)
        self.on_score = np.full(len(starts), UNSCORED)
        return order, counts

    def _cuts(self, part: Ints) -> Flags:
        """Where a thread's past no longer matters: at its start, and where it may change freely."""
        threads, standing = self.past.threads, self.standing
        free = threads.mover & ((standing.sticks & threads.is_free) | standing.is_asked)
        cuts = free[part]
        thread = threads.thread[part]
        cuts[0] = True
        cuts[1:] |= thread[1:] != thread[:-1]
        return cuts

    def _gather(self, order: Ints) -> None:
        """Every column in order of step."""
        past, standing = self.past, self.standing
        self.order = order
        self.target, self.route = standing.target[order], standing.route[order]
        self.complexity, self.held = standing.complexity[order], standing.held[order]
        self.may_stay = (standing.sticks & ~past.threads.is_free)[order]
        self.is_open = standing.is_open[order]
        self.escalated = standing.escalated[order]
        self.any_escalates = bool(self.escalated.any())
        self.is_gate, self.score = standing.is_gate[order], past.score[order]
        self.reads = past.reads[order] & self.is_gate
        self.any_reads = bool(self.reads.any())
        self.mover, self.tool_turn = past.threads.mover[order], past.tool_turn[order]
        self.group, self.prompt = past.group[order], past.threads.prompt_before[order]
        self.marks = tuple(mark[order] for mark in self._marks())
        if self.any_escalates:
            self._raise()

    def _marks(self) -> tuple[Floats, Floats]:
        if self.past.marks:
            return self.past.marks
        told = self.rules.rules.policy.thresholds
        low, high = sorted((told["moderate_at"], told["complex_at"]))
        count = len(self.past.group)
        return np.full(count, low), np.full(count, high)

    def _raise(self) -> None:
        """The rules' word on each escalated call at either threshold."""
        places = np.flatnonzero(self.escalated)
        self.place = np.full(len(self.order), -1, np.int64)
        self.place[places] = np.arange(len(places))
        found = [self.rules.raised(self.order[places], mark[places]) for mark in self.marks]
        self.raised = [np.array([one[at] for one in found]) for at in (0, 1)]

    def _step(self, i: slice, count: int) -> None:
        on, on_route, on_score = self.on[:count], self.on_route[:count], self.on_score[:count]
        stays = self.may_stay[i] & (on >= 0)
        stays &= self._is_known(on)
        if self.any_escalates:
            self._escalate(i, stays, on_score)
        loops = stays & self.is_open[i] & ~self.escalated[i] & (self.target[i] != on)
        loops &= ~self._harder(i, on_score)
        if loops.any():
            loops &= self.tool_turn[i] | ~self._pays(i, on, loops)
            self._hold(i, loops, on, on_route)
            self.complexity[i][loops] = on_score[loops]
        if self.any_reads:
            self._follow(i, on)
        self._move(i, count)

    def _is_known(self, on: Ints) -> Flags:
        """Whether the policy has the provider that each thread is on."""
        if len(self.known) != len(self.options.targets):
            providers = self.rules.rules.policy.providers
            self.known = np.array([t.provider in providers for t in self.options.targets])
        return self.known[on]

    def _harder(self, i: slice, on_score: Floats) -> Flags:
        if not self.switching.harder_task:
            return np.zeros(len(on_score), np.bool_)
        score = self.score[i] - self.switching.margin
        low, high = (mark[i] for mark in self.marks)
        harder = ((on_score < low) & (low <= score)) | ((on_score < high) & (high <= score))
        return ~self.tool_turn[i] & harder

    def _pays(self, i: slice, on: Ints, asked: Flags) -> Flags:
        """Whether leaving for what the rules want pays within the expected turns."""
        pays = np.zeros(len(on), np.bool_)
        ask = np.flatnonzero(asked & ~self.tool_turn[i])
        if not len(ask):
            return pays
        size = len(self.options.targets)
        codes, where = np.unique(on[ask] * size + self.target[i][ask], return_inverse=True)
        between = np.array([self.options.pays(*divmod(int(code), size)) for code in codes])[where]
        tokens = self.prompt[i][ask]
        pays[ask] = (between[:, 0] <= tokens) & (tokens < between[:, 1])
        return pays

    def _hold(self, i: slice, loops: Flags, on: Ints, on_route: Ints) -> None:
        routes = len(self.rules.routes)
        code = (self.group[i][loops] * MOST_TARGETS + on[loops]) * routes + on_route[loops]
        unfilled = self.held_at[code] == UNFILLED
        for one in np.unique(code[unfilled]).tolist():
            rest, route = divmod(one, routes)
            group, target = divmod(rest, MOST_TARGETS)
            self.held_at[one] = self.options.held(group, target, self.rules.routes[route])
        self.target[i][loops] = self.held_at[code]
        self.route[i][loops] = on_route[loops]
        self.held[i][loops] = True

    def _follow(self, i: slice, on: Ints) -> None:
        """Gates whose calls go where the session is."""
        for at in np.flatnonzero(self.reads[i] & (on >= 0)).tolist():
            place = i.start + at
            rule = self.rules.rules.rules[int(self.standing.rule[self.order[place]])]
            self.target[place] = self.options.gate(int(self.group[place]), rule, int(on[at]))

    def _escalate(self, i: slice, stays: Flags, on_score: Floats) -> None:
        self.escalated[i] &= stays
        up = np.flatnonzero(self.escalated[i])
        if not len(up):
            return
        at = i.start + up
        base = np.maximum(self.score[at], on_score[up])
        low, high = (mark[at] for mark in self.marks)
        level = np.where(base < low, 0, 1)
        target, route = (found[level, self.place[at]] for found in self.raised)
        if (top := base >= high).any():
            target[top], route[top] = self.rules.raised(self.order[at[top]], base[top])
        self.target[at], self.route[at] = target, route
        self.complexity[at] = np.where(base < low, low, np.where(base < high, high, base))

    def _move(self, i: slice, count: int) -> None:
        """Where each thread stands after the step."""
        answering = self.target[i]
        if self.may_fall:
            answering = self.past.answering(answering, self.order[i])
        moves = self.mover[i] & (answering != self.nobody)
        gate = self.is_gate[i]
        own = moves & ~gate
        first_gate = moves & gate & (self.on[:count] < 0)
        np.copyto(self.on[:count], answering, where=moves)
        np.copyto(self.on_route[:count], self.route[i], where=own)
        np.copyto(self.on_score[:count], self.complexity[i], where=own)
        np.copyto(self.on_score[:count], self.score[i], where=first_gate)
