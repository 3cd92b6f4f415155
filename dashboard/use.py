"""`faregate use`: a target or a route for now, without touching the policy."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from collector import pins
from collector.files import data_folder
from collector.live_policy import LivePolicy
from router.decision import Pin
from router.policy_model import Policy, target_of

SPAN = re.compile(r"^(\d{1,4})\s*([mhd])$")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span_of(text: str) -> timedelta:
    """
    Raises:
        ValueError: it is no span such as 30m, 2h or 1d.
    """
    found = SPAN.fullmatch(text.strip().lower())
    if not found or not int(found[1]):
        raise ValueError(f"--for {text!r} is no span of time; write 30m, 2h or 1d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def use(
    target: Annotated[str | None, typer.Argument(help="provider/model, or a route")] = None,
    route: Annotated[str | None, typer.Option(help="only for calls of this route")] = None,
    span: Annotated[str | None, typer.Option("--for", help="30m, 2h, 1d")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="no pins any more")] = False,
) -> None:
    """Send calls to a target for now; without one, tell what is pinned."""
    folder = data_folder()
    if clear and target:
        raise ValueError("--clear ends every pin; leave out the target")
    if (route or span) and not target:
        raise ValueError("name a target or route to use, such as anthropic/claude-sonnet-4-5")
    if clear:
        pins.write(folder, ())
    elif target:
        pin(folder, target, route, span)
    for line in [told(one) for one in in_force(pins.read(folder))] or ["nothing is pinned"]:
        print(line)  # noqa: T201


def pin(folder: Path, target: str, route: str | None, span: str | None) -> Pin:
    """Pin a target or route for all calls, or for those of one route.

    Raises:
        ValueError: there is no such target or route in a policy in force, or the span is none.
        OSError: it cannot be written.
    """
    policies = LivePolicy(folder).routing()
    if not any(_is_known(policy, target) for policy in policies):
        providers = sorted({name for policy in policies for name in policy.providers})
        routes = sorted({name for policy in policies for name in policy.routes})
        known = f"providers are {', '.join(providers)}; routes are {', '.join(routes)}"
        raise ValueError(f"{target!r} is no route and no provider/model: {known}")
    if route and not any(route in policy.routes for policy in policies):
        raise ValueError(f"--route {route!r} is no route of the policy in force")
    until = datetime.now(UTC) + span_of(span) if span else None
    made = Pin(use=target, route=route, until=until)
    others = [one for one in in_force(pins.read(folder)) if one.route != route]
    pins.write(folder, [*others, made])
    return made


def in_force(found: Iterable[Pin]) -> list[Pin]:
    now = datetime.now(UTC)
    return [pin for pin in found if pin.until is None or now < pin.until]


def told(pin: Pin) -> str:
    """One line on a pin, its end in local time."""
    what = f"calls of route {pin.route}" if pin.route else "all calls that may choose"
    until = f"until {pin.until.astimezone():%Y-%m-%d %H:%M}" if pin.until else "until cleared"
    return f"{what} use {pin.use}, {until}"


def _is_known(policy: Policy, target: str) -> bool:
    named = target_of(target)
    return target in policy.routes or (named.provider in policy.providers and bool(named.model))
