"""The proposal's own month, to the cent, and what follows from the same inputs.

The figures are per month of 36M tokens in and 12M out. `claimed` reproduces the proposal's tables;
`recomputed` does the same arithmetic without its slips, and says of each what differs and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

MTOK_IN, MTOK_OUT = Decimal(36), Decimal(12)
CENT = Decimal("0.01")
USD_IN_OUT: Mapping[str, tuple[Decimal, Decimal]] = {
    "local": (Decimal(0), Decimal(0)),
    "haiku": (Decimal(1), Decimal(5)),
    "sonnet": (Decimal(3), Decimal(15)),
    "opus": (Decimal(5), Decimal(25)),
}
MIX: Mapping[str, Decimal] = {
    "local": Decimal("0.25"),
    "haiku": Decimal("0.30"),
    "sonnet": Decimal("0.35"),
    "opus": Decimal("0.10"),
}
SWE_BENCH: Mapping[str, Decimal] = {
    "opus": Decimal("80.8"),
    "sonnet": Decimal("75.2"),
    "haiku": Decimal("62.1"),
    "local": Decimal("70.6"),
}
MAX_20X, ELECTRICITY = Decimal(200), Decimal(5)
OVERFLOW_CLAIMED = (Decimal(0), Decimal(50))
OVERFLOW_SHARES = (Decimal("0.10"), Decimal("0.20"))
RESPONSE_CACHE = Decimal("0.30")
WINDOW_TOKENS = Decimal(220_000)
MOST_WINDOWS = Decimal("4.8") * 30


@dataclass(frozen=True, slots=True)
class MixRow:
    """A line of the mixed API month; tokens are millions."""

    model: str
    share: Decimal
    mtok_in: Decimal
    mtok_out: Decimal
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure as claimed and as it follows from the same inputs (low, high; equal where it is
    one number); `why` names the reason for a difference, `holds` where there is none.
    """

    name: str
    unit: str
    claimed: tuple[Decimal, Decimal]
    recomputed: tuple[Decimal, Decimal]
    why: str

    @property
    def holds(self) -> bool:
        return self.claimed == self.recomputed


def mixed_month() -> tuple[MixRow, ...]:
    """The mixed API month by model."""
    return tuple(_row(model, share) for model, share in MIX.items())


def _row(model: str, share: Decimal) -> MixRow:
    tokens_in, tokens_out = MTOK_IN * share, MTOK_OUT * share
    return MixRow(model, share, tokens_in, tokens_out, usd(model, share))


def usd(model: str, share: Decimal = Decimal(1)) -> Decimal:
    """What a share of the month costs at one model."""
    per_in, per_out = USD_IN_OUT[model]
    return (share * (MTOK_IN * per_in + MTOK_OUT * per_out)).quantize(CENT)


def claims() -> tuple[Claim, ...]:
    """Each figure of the proposal beside what its inputs give."""
    mixed = sum((row.usd for row in mixed_month()), Decimal(0))
    cached = (mixed * (1 - RESPONSE_CACHE)).quantize(CENT)
    low, high = (MAX_20X + extra + ELECTRICITY for extra in OVERFLOW_CLAIMED)
    over_low, over_high = ((usd("opus") * share).quantize(CENT) for share in OVERFLOW_SHARES)
    return (
        _one("all_opus", "usd", usd("opus"), usd("opus"), "holds"),
        _one("mixed", "usd", Decimal("177.60"), mixed, "holds"),
        _one("mixed_cached", "usd", Decimal("124.32"), cached, "response_cache"),
        Claim("recommended", "usd", (Decimal(200), Decimal(255)), (low, high), "electricity"),
        Claim("overflow", "usd", OVERFLOW_CLAIMED, (over_low, over_high), "overflow_share"),
        Claim("reduction", "percent", (Decimal(47), Decimal(58)), _saved(low, high), "reduction"),
        _one("heavy_month", "times", Decimal("18.25"), _times(usd("opus")), "heavy_month"),
        _one("windows", "count", MOST_WINDOWS, _windows(), "windows"),
        _one("quality_max", "percent", Decimal(98), _quality(SONNET_LED), "quality"),
        _one("quality_mix", "percent", Decimal(95), _quality(MIX), "quality"),
    )


SONNET_LED: Mapping[str, Decimal] = {"sonnet": Decimal("0.8"), "opus": Decimal("0.2")}


def _one(name: str, unit: str, claimed: Decimal, found: Decimal, why: str) -> Claim:
    return Claim(name, unit, (claimed, claimed), (found, found), why)


def _saved(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """Percent saved against all-Opus, the dearer month first."""
    most = usd("opus")
    return tuple(  # type: ignore[return-value]
        (100 * (1 - spent / most)).quantize(Decimal("0.1")) for spent in (high, low)
    )


def _times(month_usd: Decimal) -> Decimal:
    return (month_usd / MAX_20X).quantize(CENT)


def _windows() -> Decimal:
    """Five-hour windows that the month's own tokens need."""
    return ((MTOK_IN + MTOK_OUT) * 1_000_000 / WINDOW_TOKENS).quantize(Decimal(1))


def _quality(mix: Mapping[str, Decimal]) -> Decimal:
    """SWE-bench of a mix against all-Opus, in percent."""
    mixed = sum((share * SWE_BENCH[model] for model, share in mix.items()), Decimal(0))
    return (100 * mixed / SWE_BENCH["opus"]).quantize(Decimal("0.1"))


WHY: Mapping[str, str] = {
    "holds": "follows from the inputs",
    "response_cache": "holds only if 30 % of the calls repeat exactly; agents' prompts rarely do",
    "electricity": "the low end leaves out the electricity that the high end counts",
    "overflow_share": "10 to 20 % of the all-Opus month is more than what was allowed for",
    "reduction": "against the total with electricity at both ends",
    "heavy_month": "against the proposal's own all-Opus month, not against a heavier one",
    "windows": "the month's tokens need more windows than a month has",
    "quality": "weighted by the SWE-bench scores that the proposal lists",
}
