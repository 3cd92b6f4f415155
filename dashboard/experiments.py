"""The experiment in the live policy: how it stands, and how one is started and stopped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import tomlkit

from collector import known, policies
from collector.live_policy import LivePolicy
from router.experiment_stop import Arm, Over, Progress, why_over
from router.policy_model import Experiment

ARMS = ("base", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to try: another policy by its name, or this one with other thresholds."""

    name: str
    share: float
    tiers: tuple[str, ...]
    days: int
    harm: float | None
    policy: str = ""
    thresholds: Mapping[str, float] | None = None


def live(folder: Path) -> Experiment | None:
    return LivePolicy(folder).now.experiment


def why_ended(folder: Path, experiment: Experiment, now: datetime) -> Over | None:
    """What the gate has ended it for (`now` is naive UTC); None while it takes in work."""
    found = known.read(folder)
    progress = found.progress.get(experiment.name) if found else None
    return why_over(experiment, progress, now.replace(tzinfo=UTC))


def why_over_by(
    experiment: Experiment, arms: pl.DataFrame, began_at: datetime, now: datetime
) -> Over | None:
    """What should have ended it by these arms (columns of sql/kpi/experiment_arms.sql)."""
    told = {row["arm"]: row for row in arms.iter_rows(named=True)}
    progress = Progress(
        began_at=began_at.replace(tzinfo=UTC),
        **{arm: _arm(told[arm]) for arm in ARMS if arm in told},
    )
    return why_over(experiment, progress, now.replace(tzinfo=UTC))


def _arm(row: Mapping[str, Any]) -> Arm:
    return Arm(
        tasks=row["tasks"], known=row["effective_tasks"] or 0, passed_share=row["passed_share"]
    )


def start(folder: Path, wanted: Wanted) -> None:
    """Put the live policy with this experiment into force; what was there can be rolled back.

    Raises:
        ValueError: one line that says what is wrong with it; nothing has changed.
        OSError
    """
    document = tomlkit.parse(policies.live(folder).text)
    document.pop("experiment", None)
    document["experiment"] = _table(wanted)
    policies.put(folder, policies.Named("policy.toml", tomlkit.dumps(document)))


def stop(folder: Path) -> None:
    """Put the live policy without its experiment into force; errors as in `start`."""
    document = tomlkit.parse(policies.live(folder).text)
    document.pop("experiment", None)
    policies.put(folder, policies.Named("policy.toml", tomlkit.dumps(document)))


def others(folder: Path) -> list[str]:
    """The policies that may be tried: presets, then kept versions, newest first."""
    kept = sorted((folder / policies.KEPT).glob("*.toml"), key=_written_at, reverse=True)
    return [*policies.presets(), *(file.stem for file in kept if file.stem != "faulty")]


def _written_at(file: Path) -> float:
    return file.stat().st_mtime


def _table(wanted: Wanted) -> Any:
    said: dict[str, Any] = {
        "name": wanted.name,
        "share": wanted.share,
        "tiers": list(wanted.tiers),
    }
    if wanted.policy:
        said["policy"] = wanted.policy
    table = tomlkit.table()
    table.update(said)
    if wanted.thresholds is not None:
        table["overrides"] = _nested({"thresholds": _nested(wanted.thresholds)}.items())
    stop_by = {"days": wanted.days, "harm": wanted.harm}
    table["stop"] = _nested((key, value) for key, value in stop_by.items() if value is not None)
    return table


def _nested(said: Any) -> Any:
    table = tomlkit.table()
    pairs: Iterable[tuple[str, Any]] = said.items() if isinstance(said, Mapping) else said
    table.update(dict(pairs))
    return table
