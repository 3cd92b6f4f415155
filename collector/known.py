"""What the ledger tells the gate: cash spent, limit windows, prices.

The gate never opens DuckDB. The loader writes this file beside the ledger, and the gate reads
it when it starts and whenever it has changed.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from collector.files import replace
from router.budget import Prices, TargetPrice
from router.experiment_stop import Arm, Progress
from router.policy_model import target_of
from router.windows import WindowReading

NAME = "known.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`spent` is cash by the hour (hours since 1970) of all that had ended by `as_of` (UTC),
    `progress` that of experiments by name.
    """

    as_of: datetime
    spent: Mapping[int, Decimal] = field(default_factory=dict)
    readings: Mapping[str, tuple[WindowReading, ...]] = field(default_factory=dict)
    prices: Prices = field(default_factory=Prices)
    progress: Mapping[str, Progress] = field(default_factory=dict)


def write(folder: Path, known: Known) -> None:
    """
    Raises:
        OSError
    """
    replace(folder / NAME, orjson.dumps(_said(known)))


def read(folder: Path) -> Known | None:
    """What was last written; None where nothing was, or it cannot be read."""
    try:
        return _known(orjson.loads((folder / NAME).read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        logger.warning("%s is not what the loader writes: %s; it is made anew", NAME, error)
        return None


def _said(known: Known) -> dict[str, Any]:
    prices = known.prices
    return {
        "as_of": known.as_of.isoformat(),
        "spent": {str(hour): str(usd) for hour, usd in known.spent.items()},
        "readings": known.readings,
        "prices": {str(target): list(map(str, price)) for target, price in prices.known.items()},
        "families": {name: list(map(str, price)) for name, price in prices.families.items()},
        "progress": known.progress,
    }


def _known(said: dict[str, Any]) -> Known:
    return Known(
        as_of=_utc(said["as_of"]),
        spent={int(hour): Decimal(usd) for hour, usd in said["spent"].items()},
        readings={name: tuple(map(_reading, rows)) for name, rows in said["readings"].items()},
        prices=Prices(
            {target_of(text): _price(rates) for text, rates in said["prices"].items()},
            {name: _price(rates) for name, rates in said["families"].items()},
        ),
        progress={name: _progress(row) for name, row in said.get("progress", {}).items()},
    )


def _progress(row: dict[str, Any]) -> Progress:
    return Progress(
        began_at=_utc(row["began_at"]), base=Arm(**row["base"]), other=Arm(**row["other"])
    )


def _reading(row: dict[str, Any]) -> WindowReading:
    resets_at = row["resets_at"]
    return WindowReading(**{**row, "resets_at": _utc(resets_at) if resets_at else None})


def _price(rates: list[str]) -> TargetPrice:
    return TargetPrice(*map(Decimal, rates))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
