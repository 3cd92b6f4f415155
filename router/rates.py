"""Rates in force for one model, and what a usage costs at them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from itertools import chain, compress
from operator import attrgetter, mul

from router.call import Usage

UNITS = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output", "web_search")
MTOK_PLACES = 6
NANO_PLACES = 9
ZERO = Decimal(0)
Counts = tuple[int, ...]  # in the order of UNITS


class UnknownPriceError(LookupError):
    """No price is in force for this model, on this day, in this context."""


@dataclass(frozen=True, slots=True)
class Rate:
    """USD per million, and the rows it comes from: the price first, multipliers after it."""

    usd_per_mtok: Decimal
    price_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """What a model charges for one prompt: a rate per unit, others above a prompt size.

    `above` holds (tokens, rates), longest first; `hours` holds (from, to, rates) in UTC. Of a
    model that has such, `changes_by_hour` is true of all its rates.
    """

    units: Mapping[str, Rate]
    above: tuple[tuple[int, "Rates"], ...] = ()
    hours: tuple[tuple[time, time, "Rates"], ...] = ()
    changes_by_hour: bool = False
    _whole: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _exponent: int = field(init=False, repr=False, compare=False)
    _nano_parts: int = field(init=False, repr=False, compare=False)
    _missing: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _ids: dict[tuple[bool, ...], tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Rates as whole numbers of one small unit: sums of products stay exact, and fast."""
        usd = [self.units[unit].usd_per_mtok if unit in self.units else None for unit in UNITS]
        places = max((_places(rate) for rate in usd if rate is not None), default=0)
        places = max(places, NANO_PLACES - MTOK_PLACES)
        whole = tuple(int((rate or ZERO).scaleb(places)) for rate in usd)
        object.__setattr__(self, "_whole", whole)
        object.__setattr__(self, "_exponent", -places - MTOK_PLACES)
        object.__setattr__(self, "_nano_parts", 10 ** (places + MTOK_PLACES - NANO_PLACES))
        object.__setattr__(
            self, "_missing", tuple(at for at, rate in enumerate(usd) if rate is None)
        )

    def at_size(self, usage: Usage, is_one_prompt: bool) -> "Rates":
        """The rates of a prompt this long: a step is crossed by more tokens than it names.

        A usage summed over several prompts crosses none.
        """
        return self._of(usage.prompt_tokens) if is_one_prompt else self

    def cost(self, usage: Usage, *, is_one_prompt: bool = True) -> Decimal:
        """USD, exact, of one prompt and its answer.

        Raises:
            UnknownPriceError: the usage holds a kind of tokens that has no rate.
        """
        rates = self.at_size(usage, is_one_prompt)
        return Decimal(rates._sum(counts(usage))).scaleb(rates._exponent)

    def price_ids(self, usage: Usage, *, is_one_prompt: bool = True) -> tuple[str, ...]:
        """The rows behind `cost`, each once."""
        return self.at_size(usage, is_one_prompt).ids_of(counts(usage))

    def nanos(self, held: Counts) -> int:
        """`cost` in billionths of a USD, a half rounded to even.

        The counts are of one prompt, unless searches are among them.

        Raises:
            UnknownPriceError: as `cost`.
        """
        if self.above:
            rates = self.for_counts(held)
            if rates is not self:
                return rates.nanos(held)
        whole = self._sum(held)
        if self._nano_parts == 1:
            return whole
        nanos, rest = divmod(whole, self._nano_parts)
        twice = 2 * rest - self._nano_parts
        return nanos + (twice > 0 or (twice == 0 and nanos % 2))

    def for_counts(self, held: Counts) -> "Rates":
        """As `at_size`, of counts."""
        return self if held[SEARCHES] else self._of(sum(held[:PROMPT]))

    def _of(self, tokens: int) -> "Rates":
        return next((rates for step, rates in self.above if tokens > step), self)

    def _sum(self, held: Counts) -> int:
        for at in self._missing:
            if held[at]:
                raise UnknownPriceError(f"no {UNITS[at]} rate")
        return sum(map(mul, held, self._whole))

    def ids_of(self, held: Counts) -> tuple[str, ...]:
        """The rows behind each count, each once; a step is not looked for."""
        has = tuple(map(bool, held))
        ids = self._ids.get(has)
        if ids is None:
            named = (self.units[unit].price_ids for unit in compress(UNITS, has))
            ids = self._ids[has] = tuple(dict.fromkeys(chain.from_iterable(named)))
        return ids


PROMPT, SEARCHES = 4, 5  # of the counts, the first four make the prompt
counts = attrgetter(
    "input_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_read_tokens",
    "output_tokens",
    "web_searches",
)


def _places(rate: Decimal) -> int:
    exponent = rate.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
