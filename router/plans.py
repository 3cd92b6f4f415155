"""Plans: their monthly fee and what is said of their limits, dated."""

import tomllib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Plan(BaseModel):
    """One plan from `valid_from` on. Hours are (least, most) a week, tokens per five hours.

    `multiple` is its size against the smallest plan, as its name says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    valid_from: date
    usd: Decimal = Field(ge=0)
    basis: Literal["published", "folklore", "measured"]
    multiple: float | None = Field(default=None, gt=0)
    five_hour_tokens: int | None = Field(default=None, ge=1)
    seven_day_hours: tuple[int, int] | None = None
    seven_day_opus_hours: tuple[int, int] | None = None
    note: str = ""


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: tuple[Plan, ...] = ()


def plans_of(text: str, name: str = "plans.toml") -> tuple[Plan, ...]:
    """
    Raises:
        ValueError: one line that names the file, the key and what is wrong with it.
    """
    try:
        return _Listed.model_validate(tomllib.loads(text)).plan
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise ValueError(f"{name}: {key}: {fault['msg']}") from error


def plan_on(day: date, name: str, plans: Iterable[Plan]) -> Plan:
    """The plan as it was on that day.

    Raises:
        LookupError: there is no such plan, or not yet on that day.
    """
    plans = list(plans)
    held = [plan for plan in plans if plan.name == name and plan.valid_from <= day]
    if not held:
        known = ", ".join(sorted({plan.name for plan in plans}))
        raise LookupError(f"no plan {name!r} on {day}; plans.toml has {known}")
    return max(held, key=lambda plan: plan.valid_from)
