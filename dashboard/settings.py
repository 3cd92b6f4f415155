"""What the user set for themselves: language, currency, time zone, goals, alerts, reports."""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

import tomlkit
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from collector.files import replace

FILE = "settings.toml"
Share = Annotated[float, Field(ge=0, le=1)]
Usd = Annotated[float, Field(ge=0)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Goals(Part):
    """The six goals. Money per 30 days; shares are fractions; hits are per 30 days."""

    paid_usd_least: Usd = 200
    paid_usd_most: Usd = 255
    reduction_least: Share = 0.47
    reduction_most: Share = 0.58
    quality_least: Share = 0.98
    limit_hits_below: Annotated[int, Field(ge=1)] = 5
    local_least: Share = 0.15
    local_most: Share = 0.25
    cache_least: Share = 0.50

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in ("paid_usd", "reduction", "local"):
            if getattr(self, f"{name}_least") > getattr(self, f"{name}_most"):
                raise ValueError(f"{name}_least is more than {name}_most")
        return self


class Alerts(Part):
    """What is told, and where. A mark of None or 0 is never told.

    The webhook's address is a secret: `webhook_env` names the environment variable that holds it.
    """

    webhook_env: str | None = None
    day_usd: Usd | None = None
    month_usd: Usd | None = None
    window_share: Share | None = 0.9
    unpriced: bool = True
    runaway: bool = True
    provider_down: bool = True
    cooldown_minutes: Annotated[int, Field(ge=1)] = 60

    @field_validator("window_share")
    @classmethod
    def _never(cls, share: float | None) -> float:
        """TOML has no null: to leave the key out would bring the default back."""
        return share or 0.0

    @field_validator("webhook_env")
    @classmethod
    def _a_name(cls, named: str | None) -> str | None:
        if named is not None and not (named.isascii() and named.isidentifier()):
            raise ValueError("write the name of an environment variable, and the address into it")
        return named


class Reports(Part):
    """The report that is written on the first of each month."""

    monthly: bool = True
    formats: tuple[Literal["html", "pdf", "xlsx", "csv", "md", "json"], ...] = ("html", "pdf")
    language: Literal["en", "ja"] | None = None


class Settings(Part):
    """`zone` and `language` of None follow the browser. JPY is shown at `usd_jpy`, never stored."""

    language: Literal["en", "ja"] | None = None
    currency: Literal["USD", "JPY"] = "USD"
    usd_jpy: Annotated[Decimal, Field(gt=0)] | None = None
    usd_jpy_on: date | None = None
    zone: str | None = None
    goals: Goals = Goals()
    alerts: Alerts = Alerts()
    reports: Reports = Reports()

    @field_validator("zone")
    @classmethod
    def _known(cls, named: str | None) -> str | None:
        if named is not None and named not in available_timezones():
            raise ValueError(f"{named!r} is no time zone; write one such as Asia/Tokyo")
        return named


def read(folder: Path) -> Settings:
    """The settings of a data folder; the defaults where none were saved.

    Raises:
        ValueError: one line that names the file, the key and what is wrong with it.
        OSError
    """
    try:
        return _valid(tomllib.loads((folder / FILE).read_text()))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{FILE}: {error}") from error


def changed(settings: Settings, more: Mapping[str, Any]) -> Settings:
    """These settings with some of them anew; a part such as `goals` is given as a mapping.

    Raises:
        ValueError: as in `read`.
    """
    parts = {
        name: {**getattr(settings, name).model_dump(), **said}
        for name, said in more.items()
        if isinstance(said, Mapping)
    }
    return _valid({**settings.model_dump(), **more, **parts})


def write(folder: Path, settings: Settings) -> None:
    """Save in one step; what is as it is by default is left out.

    Raises:
        OSError
    """
    said = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    replace(folder / FILE, tomlkit.dumps(said).encode())


def _valid(said: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(said)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise ValueError(f"{FILE}: {key}: {fault['msg']}") from error
