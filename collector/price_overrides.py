"""Corrections to the price list, read from `price_overrides.toml`."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from collector.listed_prices import with_id
from router.price_row import MULTIPLIER, WITHDRAWN, PriceRow


def _a_number(value: object) -> object:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    raise ValueError("write a number")


def _a_day(value: object) -> object:
    if isinstance(value, date | str) and not isinstance(value, datetime):
        return value
    raise ValueError("write a day such as 2026-04-30")


Amount = Annotated[Decimal, BeforeValidator(_a_number), Field(ge=0, le=100_000, decimal_places=9)]
Day = Annotated[date, BeforeValidator(_a_day)]
Unit = Literal["input", "cache_write_5m", "cache_write_1h", "cache_read", "output", "web_search"]
ContextKey = Literal["speed", "processing", "service_tier", "geo"]
Glob = Annotated[str, Field(min_length=1, pattern=r"^[^!]+$")]
PER_SEARCH = Decimal(1_000_000)
ALWAYS_SAME = {"max": "anthropic"}


class Override(BaseModel):
    """One `[[price]]`: exactly one of rates, times_input, multiplier, withdrawn.

    `rates` are USD per million tokens, and USD per search; `times_input` gives units that the
    list lacks as multiples of its input rate. `valid_to` is the first day it no longer holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = Field(min_length=1)
    model: Glob | list[Glob]
    reason: str = Field(min_length=1)
    source: str = ""
    rates: dict[Unit, Amount] = {}
    times_input: dict[Unit, Amount] = {}
    multiplier: Amount | None = None
    withdrawn: Literal[True] | None = None
    context: dict[ContextKey, str] = Field(default={}, max_length=1)
    above_tokens: int = Field(default=0, ge=0)
    valid_from: Day | None = None
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = (self.rates, self.times_input, self.multiplier is not None, self.withdrawn)
        if sum(map(bool, said)) != 1:
            raise ValueError("give exactly one of rates, times_input, multiplier, withdrawn")
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise ValueError("valid_to must be later than valid_from")
        return self

    @property
    def globs(self) -> list[str]:
        models = [self.model] if isinstance(self.model, str) else self.model
        return [glob.lower() for glob in models]


class Overrides(BaseModel):
    """The whole file. `same_as` names providers that charge another one's prices, as max does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    same_as: dict[str, str] = {}
    price: list[Override] = []


def read(file: Path) -> Overrides:
    """
    Raises:
        ValueError: it cannot be read as overrides; one line names file, line, key and remedy.
        OSError: it cannot be opened.
    """
    text = file.read_text(encoding="utf-8")
    try:
        return Overrides.model_validate(tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: {error}; write it as TOML") from error
    except ValidationError as error:
        raise ValueError(f"{file}, {_complaint(text, error)}") from error


def rows(overrides: Overrides, listed: Sequence[PriceRow]) -> list[PriceRow]:
    """Price rows of the overrides, to stand beside the `listed` ones."""
    found = list(_same_as(overrides))
    for override in overrides.price:
        for glob in override.globs:
            blank = _blank(override, glob)
            found += map(with_id, _override_rows(override, blank, listed))
    return found


def _same_as(overrides: Overrides) -> Iterator[PriceRow]:
    for name, other in (ALWAYS_SAME | overrides.same_as).items():
        yield PriceRow(
            price_id=f"{name.lower()}={other.lower()}",
            provider=name.lower(),
            match_kind="same_as",
            match=other.lower(),
            source="price_overrides.toml",
        )


def _blank(override: Override, glob: str) -> PriceRow:
    key, value = next(iter(override.context.items()), (None, None))
    provider = override.provider.lower()
    because = f"{override.reason} ({override.source})" if override.source else override.reason
    return PriceRow(
        price_id=f"override:{provider}/{glob}",
        provider=provider,
        match_kind="glob",
        match=glob,
        valid_from=override.valid_from,
        valid_to=override.valid_to,
        context_key=key,
        context_value=value.lower() if value else None,
        threshold_tokens=override.above_tokens,
        source=because,
    )


def _override_rows(
    override: Override, blank: PriceRow, listed: Sequence[PriceRow]
) -> Iterator[PriceRow]:
    if override.multiplier is not None:
        yield _with_rate(blank, MULTIPLIER, override.multiplier)
    elif override.withdrawn:
        yield _with_rate(blank, WITHDRAWN, None)
    elif override.times_input:
        yield from _filled(override, blank, listed)
    for unit, usd in override.rates.items():
        yield _with_rate(blank, unit, usd * PER_SEARCH if unit == "web_search" else usd)


def _with_rate(row: PriceRow, unit: str, usd_per_mtok: Decimal | None) -> PriceRow:
    return replace(row, unit=unit, usd_per_mtok=usd_per_mtok)


def _filled(override: Override, blank: PriceRow, listed: Sequence[PriceRow]) -> Iterator[PriceRow]:
    """Units that a listed model lacks, at a multiple of each of its input rates."""
    family = [row for row in listed if row.provider == blank.provider and _is_of(row, blank.match)]
    known = {(_model_of(row), row.unit) for row in family}
    for row in family:
        model = _model_of(row)
        for unit, times in override.times_input.items():
            if row.unit == "input" and row.usd_per_mtok is not None and (model, unit) not in known:
                named = replace(row, price_id=f"{row.provider}/{model}", source=blank.source)
                yield _with_rate(named, unit, row.usd_per_mtok * times)


def _is_of(row: PriceRow, glob: str) -> bool:
    return fnmatchcase(_model_of(row).lower(), glob)


def _model_of(row: PriceRow) -> str:
    return row.price_id.removeprefix(f"{row.provider}/").partition("#")[0]


def _complaint(text: str, error: ValidationError) -> str:
    """The first thing wrong, where it stands, and what to do."""
    first = error.errors()[0]
    where = [part for part in first["loc"] if part != "price"]
    number = next((part for part in where if isinstance(part, int)), None)
    key = next((part for part in where if isinstance(part, str)), "")
    line = _line_of(text, number, key)
    what = first["msg"].removeprefix("Value error, ").lower()
    if first["type"] == "extra_forbidden":
        what = f"unknown key; the keys are {', '.join(_keys(number))}"
    inner = ".".join(str(part) for part in where if part != number)
    return f"line {line}: {inner or 'price'}: {what}"


def _keys(number: int | None) -> list[str]:
    return sorted((Overrides if number is None else Override).model_fields)


def _line_of(text: str, number: int | None, key: str) -> int:
    """Where `key` stands in the `number`th `[[price]]`, else where that begins; from 1."""
    lines = [line.strip().replace(" ", "") for line in text.splitlines()]
    heads = [at for at, line in enumerate(lines) if line.startswith("[[price]]")]
    begin = heads[number] if number is not None and number < len(heads) else 0
    until = next((at for at in heads if at > begin), len(lines))
    named = [at for at in range(begin, until) if lines[at].startswith((f"{key}=", f"[{key}]"))]
    return (named[0] if key and named else begin) + 1
