"""What a call would have cost at another target, by what that target's cache holds.

Each model keeps a cache of its own per thread. A call reads from it what the model was last
asked within the time to live, and writes the rest: a switch pays for the whole prompt once. A call
whose model and cache are as they were in the log keeps its logged usage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from router.policy_model import Target
from router.price_book import PriceBook, UnknownPriceError
from router.rates import UNITS, Rates
from router.replay_arrays import Codes, Counts, Flags, Floats, Ints
from router.replay_input import Threads
from router.stickiness import LONG_TTL_S, SHORT_TTL_S

EPOCH = date(1970, 1, 1)
MOST_STEPS = 3
SHARED_TTL_S = SHORT_TTL_S


@dataclass(frozen=True)
class RateTable:
    """USD per token by target, day and step of prompt length, in the order of `UNITS`.

    Prices are float64: sums of a replay are estimates, never amounts owed. A target without a
    price has NaN. `above` is the prompt length from which a step's rates hold.
    """

    usd: NDArray[np.float64]
    above: NDArray[np.float64]


def rate_table(book: PriceBook, targets: Sequence[Target], days: Sequence[date]) -> RateTable:
    """The rates in force at each day's noon."""
    shape = (len(targets), len(days), MOST_STEPS)
    usd, above = np.full((*shape, len(UNITS)), np.nan), np.full(shape, np.inf)
    for at, target in enumerate(targets):
        for on, day in enumerate(days):
            for step, (tokens, rates) in enumerate(_steps(book, target, day)):
                above[at, on, step] = tokens
                usd[at, on, step] = _unit_usd(rates)
    return RateTable(usd, above)


def _steps(book: PriceBook, target: Target, day: date) -> list[tuple[float, Rates]]:
    """(length from which they hold, rates), shortest first; none without a price."""
    try:
        rates = book.rates(target, datetime.combine(day, time(12)))
    except UnknownPriceError:
        return []
    longer = sorted((float(tokens), above) for tokens, above in rates.above)
    return [(-1.0, rates), *longer][:MOST_STEPS]


def _unit_usd(rates: Rates) -> list[float]:
    return [
        float(rates.units[unit].usd_per_mtok) / 1e6 if unit in rates.units else np.nan
        for unit in UNITS
    ]


def days_of(at_s: Floats) -> tuple[Ints, list[date]]:
    """The number of each call's UTC day, and the days."""
    days, where = np.unique((at_s // 86_400).astype(np.int64), return_inverse=True)
    return where, [EPOCH + timedelta(days=int(day)) for day in days]


@dataclass(frozen=True)
class Tokens:
    """Usage per call, in tokens; the five buckets never overlap."""

    fresh: Floats
    write_5m: Floats
    write_1h: Floats
    read: Floats
    output: Floats
    searches: Floats

    @property
    def buckets(self) -> tuple[Floats, ...]:
        """In the order of `UNITS`."""
        return (self.fresh, self.write_5m, self.write_1h, self.read, self.output, self.searches)

    @property
    def prompt(self) -> Floats:
        return self.fresh + self.write_5m + self.write_1h + self.read

    def at(self, places: Ints) -> "Tokens":
        """The usage of these calls only."""
        return Tokens(*(bucket[places] for bucket in self.buckets))


def last_use(threads: Threads, model: Ints) -> Ints:
    """For each call the place of its thread's last call of the same model; -1 for none.

    Only conversations build on each other: a title or a probe finds nothing of its own.
    """
    found = np.full(len(model), -1, np.int64)
    talk = np.flatnonzero(threads.is_conversation & (model >= 0))
    if not len(talk):
        return found
    key = threads.thread[talk] * (int(model.max()) + 1) + model[talk]
    order = np.argsort(key, kind="stable")
    places, sorted_key = talk[order], key[order]
    same = sorted_key[1:] == sorted_key[:-1]
    found[places[1:][same]] = places[:-1][same]
    return found


def warm_elsewhere(threads: Threads, model: Ints) -> Flags:
    """Whether anybody had used the call's model within a cache's life."""
    by_time = threads.by_time
    order = by_time[np.argsort(model[by_time].astype(np.int16), kind="stable")]
    at_s, sorted_model = threads.at_s[order], model[order]
    warm = np.zeros(len(model), np.bool_)
    recent = (sorted_model[1:] == sorted_model[:-1]) & (np.diff(at_s) <= SHARED_TTL_S)
    warm[order[1:][recent]] = True
    return warm


@dataclass(frozen=True)
class Caches:
    """The log's own cache state: model per call, its last use, and the usage as it was."""

    model: Ints | Codes
    use: Ints | Counts
    usage: Tokens


@dataclass(frozen=True)
class At:
    """Where each call goes: the model by number, whether it has a cache and how long that lives,
    and whether anybody had used the model of late. A model without one reads all anew.
    """

    model: Ints
    has_cache: Flags
    ttl_s: Floats
    is_shared: Flags


def usage_at(threads: Threads, logged: Caches, at: At) -> tuple[Tokens, Flags]:
    """Usage if each call went there, and where it is the logged one."""
    use = last_use(threads, at.model)
    observed = (at.model == logged.model) & (use == logged.use) & (at.ttl_s == threads.ttl_s)
    hit = cache_hit(threads, use, at.is_shared, at.ttl_s)
    hit = np.where(at.has_cache, hit, 0.0)
    kept = np.where(at.has_cache, threads.cacheable, 0.0)
    write = kept - hit
    is_long = at.ttl_s >= LONG_TTL_S
    was = logged.usage

    def either(modelled: Floats, seen: Floats) -> Floats:
        return np.where(observed, seen, modelled)

    usage = Tokens(
        fresh=either(threads.prompt - kept, was.fresh),
        write_5m=either(np.where(is_long, 0.0, write), was.write_5m),
        write_1h=either(np.where(is_long, write, 0.0), was.write_1h),
        read=either(hit, was.read),
        output=was.output,
        searches=was.searches,
    )
    return usage, observed


def cache_hit(threads: Threads, use: Ints, shared: Flags, ttl_s: Floats) -> Floats:
    """Tokens read from the cache: what the last use left, while it lives; else what is shared."""
    place = np.maximum(use, 0)
    if not len(use):
        return np.empty(0)
    idle = threads.at_s - threads.end_s[place]
    same = threads.epoch[place] == threads.epoch
    warm = (use >= 0) & (idle <= ttl_s[place])
    own = np.minimum(threads.prompt[place], threads.prefix)
    hit = np.where(warm & same, own, np.where(warm | shared, threads.shared, 0.0))
    return np.clip(hit, 0.0, threads.cacheable)


def usd_of(table: RateTable, target: Ints, day: Ints, usage: Tokens) -> tuple[Floats, Floats]:
    """USD of the prompt (searches included) and of the answer; NaN without a price."""
    fresh, write_5m, write_1h, read, answer, search = usd_by_bucket(table, target, day, usage)
    return fresh + write_5m + write_1h + read + search, answer


def usd_by_bucket(table: RateTable, target: Ints, day: Ints, usage: Tokens) -> tuple[Floats, ...]:
    """USD per call for each unit, in the order of `UNITS`. What holds nothing needs no rate."""
    prompt, days = usage.prompt, table.usd.shape[1]
    at = target * days + day
    step = np.zeros(len(target), np.int64)
    for longer in range(1, MOST_STEPS):
        above = table.above[:, :, longer].ravel()
        if np.isfinite(above).any():
            step += prompt > above[at]
    cell = at * MOST_STEPS + step
    rates = table.usd.reshape(-1, len(UNITS))
    return tuple(
        np.where(count > 0, count * rates[:, unit][cell], 0.0)
        for unit, count in enumerate(usage.buckets)
    )
