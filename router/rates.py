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
ZERO = Decimal(0)


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

    `above` holds (tokens, rates), longest first; `hours` holds (from, to, rates) in UTC.
    """

    units: Mapping[str, Rate]
    above: tuple[tuple[int, "Rates"], ...] = ()
    hours: tuple[tuple[time, time, "Rates"], ...] = ()
    _whole: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _exponent: int = field(init=False, repr=False, compare=False)
    _missing: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _ids: dict[tuple[bool, ...], tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Rates as whole numbers of one small unit: sums of products stay exact, and fast."""
        usd = [self.units[unit].usd_per_mtok if unit in self.units else None for unit in UNITS]
        places = max((_places(rate) for rate in usd if rate is not None), default=0)
        whole = tuple(int((rate or ZERO).scaleb(places)) for rate in usd)
        object.__setattr__(self, "_whole", whole)
        object.__setattr__(self, "_exponent", -places - MTOK_PLACES)
        object.__setattr__(
            self, "_missing", tuple(at for at, rate in enumerate(usd) if rate is None)
        )

    def at_size(self, usage: Usage, is_one_prompt: bool) -> "Rates":
        """The rates of a prompt this long: a step is crossed by more tokens than it names.

        A usage summed over several prompts crosses none.
        """
        tokens = usage.prompt_tokens if is_one_prompt else 0
        return next((rates for step, rates in self.above if tokens > step), self)

    def cost(self, usage: Usage, *, is_one_prompt: bool = True) -> Decimal:
        """USD, exact, of one prompt and its answer.

        Raises:
            UnknownPriceError: the usage holds a kind of tokens that has no rate.
        """
        if self.above:
            rates = self.at_size(usage, is_one_prompt)
            if rates is not self:
                return rates.cost(usage)
        held = counts(usage)
        for at in self._missing:
            if held[at]:
                raise UnknownPriceError(f"no {UNITS[at]} rate")
        return Decimal(sum(map(mul, held, self._whole))).scaleb(self._exponent)

    def price_ids(self, usage: Usage, *, is_one_prompt: bool = True) -> tuple[str, ...]:
        """The rows behind `cost`, each once."""
        rates = self.at_size(usage, is_one_prompt) if self.above else self
        held = tuple(map(bool, counts(usage)))
        ids = rates._ids.get(held)
        if ids is None:
            named = (rates.units[unit].price_ids for unit in compress(UNITS, held))
            ids = rates._ids[held] = tuple(dict.fromkeys(chain.from_iterable(named)))
        return ids


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
