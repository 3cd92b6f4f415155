"""`faregate tune`: fit the complexity score to how one's own tasks went, if that is any better."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from collector import learning_tasks, ledger, live_weights
from collector.files import data_folder, ledger_file
from collector.live_policy import LivePolicy
from router.complexity import Weights
from router.learning import Labelled, fitted, levelled, points
from router.learning_gain import fitted_gain, levelled_gain
from router.learning_judge import FEWEST, GAIN, WEIGHTS, Judged, judged
from router.learning_value import Worth
from router.policy_model import Policy

NO = "nothing was changed"
MOST_WEIGHTS = 8
RANDOM = "at random, for as much"


def tune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only judge; the default")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="use what was learnt if it is better")
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="back to the built-in weights")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Learn from your own tasks what makes work hard, and say whether that beats the rules."""
    if dry_run + apply + reset > 1:
        raise ValueError("--dry-run, --apply and --reset exclude each other; give one of them")
    folder = data_folder()
    if reset:
        was_fitted = live_weights.reset(folder)
        _say(
            "the built-in weights are in force"
            if was_fitted
            else "the built-in weights were in force already"
        )
        return
    with ledger.reading(ledger_file(folder)) as db:
        tasks = learning_tasks.tasks(
            db, folder, Path(os.environ.get("CLAUDE_CONFIG_DIR", Path.home() / ".claude"))
        )
    prior = live_weights.built_in()
    told = judged(tasks, prior)
    new = _fitted(folder, tasks, prior) if told.worths else None
    better = _better(folder, tasks, prior, new, told.best) if apply else None
    version = live_weights.put(folder, better) if better else None
    if as_json:
        _say(json.dumps(as_object(told, new, version), indent=2))
    else:
        ended = _ended(told, version)
        for line in (*as_lines(told, prior, new), *ended):
            _say(line)
    raise typer.Exit(1 if apply and version is None else 0)


def _fitted(folder: Path, tasks: Sequence[Labelled], prior: Weights) -> Weights:
    return levelled(tasks, fitted(tasks, points(prior)), prior, _marks(folder))


def _better(
    folder: Path, tasks: Sequence[Labelled], prior: Weights, new: Weights | None, best: str | None
) -> Weights | None:
    """What is to score from now on; None where the rules stay."""
    if best != GAIN:
        return new if best else None
    gain = fitted_gain(tasks, list(points(prior)))
    if gain is None:
        return None
    return replace(prior, gain=levelled_gain(gain, tasks, prior, _marks(folder)))


def _marks(folder: Path) -> tuple[float, float]:
    policy: Policy = LivePolicy(folder).now
    return policy.thresholds["moderate_at"], policy.thresholds["complex_at"]


def as_object(told: Judged, new: Weights | None, version: str | None) -> dict[str, Any]:
    """For JSON: what was judged by name, the fitted weights, and the version put into force."""
    return {
        "tasks": told.tasks,
        "needed": FEWEST,
        "judged": told.judged,
        "unknown": told.unknown,
        "why_not": told.why_not,
        "scores": {
            name: {"apgr": one.apgr, "low": one.low, "high": one.high}
            for name, one in told.worths.items()
        },
        "languages": {
            language: {name: one.apgr for name, one in worths.items()}
            for language, worths in told.slices.items()
        },
        "beats_rules": {name: told.beats(name) for name in (WEIGHTS, GAIN) if told.worths},
        "best": told.best,
        "weights": {**points(new), "bias": new.bias} if new else None,
        "applied": version,
    }


def as_lines(told: Judged, prior: Weights, new: Weights | None) -> Iterator[str]:
    yield f"tasks     {told.tasks:,} with a known outcome"
    if told.found:
        found = told.found
        alone = f"{told.unknown:,} where one kind of model worked alone are left out"
        yield f"judged    {told.judged:,} later ones; {alone}"
        yield f"cheap     always: {found.weak_share:.1%} passed, ${found.weak_usd:.3f} a task"
        yield f"strong    always: {found.strong_share:.1%} passed, ${found.strong_usd:.3f} a task"
    if told.why_not:
        yield f"verdict   {told.why_not}"
        return
    yield "worth     share of the strong models' gain over the money spent (0.5 is random), 95 %:"
    yield f"          {RANDOM:<22} 0.50"
    for name, one in told.worths.items():
        yield f"          {name:<22} {_worth(one)}{'  better' * told.beats(name)}"
    for at, (language, worths) in enumerate(told.slices.items()):
        both = ", ".join(f"{name} {_worth(one)}" for name, one in worths.items())
        yield f"{'' if at else 'language':<10}{language}: {both}"
    if new:
        yield from _moved(points(prior), points(new))


def _worth(one: Worth) -> str:
    return f"{one.apgr:.2f}  ({one.low:.2f} to {one.high:.2f})"


def _moved(before: dict[str, float], after: dict[str, float]) -> Iterator[str]:
    """The weights that would change most."""
    order = sorted(before, key=lambda name: -abs(after[name] - before[name]))[:MOST_WEIGHTS]
    for at, name in enumerate(order):
        label = "" if at else "weights"
        yield f"{label:<10}{name:<14} {before[name]:+.2f} → {after[name]:+.2f}"


def _ended(told: Judged, version: str | None) -> Iterator[str]:
    if version:
        yield f"applied   {told.best} {version}, also in a running gate; `tune --reset` goes back"
    elif not told.worths:
        yield f"result    {NO}"
    elif told.best:
        yield f"result    {told.best}: better for certain; `tune --apply` uses what is best"
    else:
        yield f"result    not better than the rules for certain; {NO}"


def _say(text: str) -> None:
    print(text)  # noqa: T201
