"""Which rate is in force: dated price rows in, rates for one model on one day out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase

from router.price_row import MULTIPLIER, WITHDRAWN, PriceRow, check
from router.rates import UNITS, Rate, Rates
from router.rates import UnknownPriceError as UnknownPriceError

Target = tuple[str, str | None]
Context = tuple[tuple[str, str], ...]

FALLS_BACK_TO = {
    "cache_write_5m": "input",
    "cache_write_1h": "cache_write_5m",
    "cache_read": "input",
}
TIME_OF_DAY = "time_of_day"
NANO = Decimal("1e-9")
Steps = dict[int, Rate]


class PriceBook:
    """All price rows, looked up by target, time and context; each answer is kept.

    Raises:
        ValueError: two rows claim the same thing at the same time.
    """

    def __init__(self, rows: Iterable[PriceRow], baseline: str = "claude-opus-4-6") -> None:
        self.baseline: Target = ("anthropic", baseline)
        self._rows: dict[str, list[PriceRow]] = defaultdict(list)
        self._same_as: dict[str, str] = {}
        self._falls_back: dict[str, list[str]] = defaultdict(list)
        self._known: dict[tuple[Target, int, Context], Rates | str] = {}
        for row in rows:
            self._keep(row)
        for kept in self._rows.values():
            check(kept)

    def rates(self, target: Target, at: datetime, context: Context = ()) -> Rates:
        """The rates in force; a naive `at` is UTC.

        Raises:
            UnknownPriceError: no price is in force, or two are; the message names both.
        """
        if at.tzinfo is not None:
            at = at.astimezone(UTC)
        key = (target, at.toordinal(), context)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look_up(target, at.date(), context)
        if isinstance(known, str):
            raise UnknownPriceError(known)
        return _at_hour(known, at.time()) if known.hours else known

    def billed_as(self, provider: str) -> str:
        """The provider whose prices this one has: `anthropic` for `max`."""
        return self._same_as.get(provider.lower(), provider.lower())

    def _keep(self, row: PriceRow) -> None:
        if row.match_kind == "same_as":
            self._same_as[row.provider] = row.match
        elif row.match_kind == "falls_back_to":
            self._falls_back[row.provider].append(row.match)
        else:
            self._rows[row.provider].append(row)

    def _look_up(self, target: Target, day: date, context: Context) -> Rates | str:
        try:
            rows = self._matching(target, day)
            return _resolve(rows, context)
        except UnknownPriceError as error:
            return f"{error} for {target[0]}/{target[1] or '?'} on {day}"

    def _matching(self, target: Target, day: date) -> list[PriceRow]:
        provider, model = target[0].lower(), (target[1] or "").lower()
        if not model:
            raise UnknownPriceError("no model named")
        for ref in _references(model):
            rows: list[PriceRow] = []
            for name in self._sellers(provider, model):
                rows = self._of(name, ref) + rows
                if _has_rate(rows) and name not in self._same_as:
                    return _in_force(rows, day)
        raise UnknownPriceError("no price")

    def _sellers(self, provider: str, model: str) -> list[str]:
        """Whose rows to try, in order; a provider's own rows join those it is the same as.

        A provider without prices, such as a proxy, is asked for `anthropic/claude-...`.
        """
        seller = self.billed_as(provider)
        named = model.partition("/")[0]
        through = [] if _has_rate(self._rows.get(seller, ())) else [named]
        return list(dict.fromkeys([provider, seller, *self._falls_back[seller], *through]))

    def _of(self, provider: str, ref: str) -> list[PriceRow]:
        rows = [row for row in self._rows.get(provider, ()) if _matches(row, ref)]
        listed = {row.match for row in rows if row.match_kind != "glob"}
        if len(listed) > 1:
            raise UnknownPriceError(f"two prices ({' and '.join(sorted(listed))})")
        return rows


def _references(model: str) -> list[str]:
    """The names under which a model may be listed, likeliest first.

    Claude Code marks a long window with `[1m]`; gateways put a provider in front and write
    a date without dashes.
    """
    plain = re.sub(r"\[[^\]]*\]$", "", model.strip())
    names = [plain, plain.partition("/")[2], plain.rpartition("/")[2]]
    dashed = [re.sub(r"-(20\d\d)(\d\d)(\d\d)(?=-|:|$)", r"-\1-\2-\3", name) for name in names]
    return [name for name in dict.fromkeys(names + dashed) if name]


def _matches(row: PriceRow, ref: str) -> bool:
    match row.match_kind:
        case "equals":
            return ref == row.match
        case "starts_with":
            return ref.startswith(row.match)
        case "ends_with":
            return ref.endswith(row.match)
        case "contains":
            return row.match in ref
        case "regex":
            return re.search(row.match, ref) is not None
        case _:
            return fnmatchcase(ref, row.match)


def _has_rate(rows: Iterable[PriceRow]) -> bool:
    return any(row.unit in UNITS for row in rows)


def _in_force(rows: Sequence[PriceRow], day: date) -> list[PriceRow]:
    now = [row for row in rows if row.is_in_force(day)]
    if not now:
        raise UnknownPriceError("no price in force")
    return now


def _resolve(rows: list[PriceRow], context: Context) -> Rates:
    windows = {row.context[1] for row in rows if row.context_key == TIME_OF_DAY}
    hours = []
    for window in sorted(windows):
        begin, end = (time.fromisoformat(hour) for hour in window.split("-"))
        then = _for_context(rows, ((TIME_OF_DAY, window), *context))
        hours.append((begin, end, replace(then, changes_by_hour=True)))
    return replace(_for_context(rows, context), hours=tuple(hours), changes_by_hour=bool(windows))


def _at_hour(rates: Rates, now: time) -> Rates:
    for begin, end, then in rates.hours:
        if begin <= now < end or (end < begin and (now >= begin or now < end)):
            return then
    return rates


def _for_context(rows: list[PriceRow], context: Context) -> Rates:
    if any(row.unit == "requests" for row in rows):
        raise UnknownPriceError("a fee per request, which is not metered, in the price")
    steps = {unit: _fold(rows, unit, {}, ("", "")) for unit in UNITS}
    for name, value in context:
        matched = [row for row in rows if (row.context_key, row.context_value) == (name, value)]
        if matched:
            steps = {unit: _fold(matched, unit, steps[unit], (name, value)) for unit in UNITS}
        elif not _costs_nothing_more(name, value, rows):
            raise UnknownPriceError(f"no rate with {name}={value}")
    for unit, other in FALLS_BACK_TO.items():
        steps[unit] = steps[unit] or steps[other]
    if not any(steps.values()):
        raise UnknownPriceError("no price in force")
    return _rates_of(steps)


def _costs_nothing_more(name: str, value: str, rows: list[PriceRow]) -> bool:
    """Whether a context that has no row is sold at the standard rate: most regions, and
    Anthropic's priority tier, which draws on capacity already paid for.
    """
    may = name == "geo" or (name, value) == ("service_tier", "priority")
    return may and not any(row.context_key == name for row in rows)


def _fold(rows: list[PriceRow], unit: str, below: Steps, context: tuple[str, str]) -> Steps:
    """Rates by threshold after each layer of rows, broadest first, has had its say.

    Prices replace what is below, a multiplier multiplies it, and a narrower multiplier
    takes the place of a broader one.
    """
    layers: dict[tuple[int, int], list[PriceRow]] = defaultdict(list)
    for row in rows:
        if row.context == context and row.unit in (unit, MULTIPLIER, WITHDRAWN):
            layers[row.rank].append(row)
    steps, times = below, None
    for _, layer in sorted(layers.items()):
        prices = {row.threshold_tokens: _rate(row) for row in layer if row.unit == unit}
        if any(row.unit == WITHDRAWN for row in layer):
            steps, times = {}, None
        elif prices:
            steps, times = (prices if 0 in prices else {**steps, **prices}), None
        times = next((row for row in reversed(layer) if row.unit == MULTIPLIER), times)
    if times is None or unit == "web_search":
        return steps
    return {threshold: _times(rate, times) for threshold, rate in steps.items()}


def _rate(row: PriceRow) -> Rate:
    assert row.usd_per_mtok is not None
    return Rate(row.usd_per_mtok, (row.price_id,))


def _times(rate: Rate, row: PriceRow) -> Rate:
    assert row.usd_per_mtok is not None
    usd = rate.usd_per_mtok * row.usd_per_mtok
    short = usd.quantize(NANO)
    return Rate(short if short == usd else usd, (*rate.price_ids, row.price_id))


def _rates_of(steps: Mapping[str, Steps]) -> Rates:
    thresholds = sorted({at for unit in steps.values() for at in unit if at}, reverse=True)
    above = tuple((at, Rates(_step(steps, at))) for at in thresholds)
    return Rates(_step(steps, 0), above)


def _step(steps: Mapping[str, Steps], threshold: int) -> dict[str, Rate]:
    reached = {unit: [at for at in by if at <= threshold] for unit, by in steps.items()}
    return {unit: steps[unit][max(at)] for unit, at in reached.items() if at}
