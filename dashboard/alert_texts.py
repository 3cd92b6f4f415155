"""The sentences of alerts, in the reader's language."""

from typing import Any

from dashboard import show
from dashboard.i18n import say

WINDOW_AND_FORECAST = 0.5  # below half full, an hour's pace says little
LONGEST_NAME = 80

Row = dict[str, Any]


def cash(row: Row, mark: float) -> str:
    spent, over = show.usd(row["cash_usd"]), show.usd(mark)
    if row["span"] == "day":
        return say("Cash today is {cash}, over the mark of {mark}.", cash=spent, mark=over)
    return say("Cash this month is {cash}, over the mark of {mark}.", cash=spent, mark=over)


def window(row: Row) -> str:
    used, reset_in_s = show.share(row["utilization"]), row["reset_in_s"]
    if reset_in_s is None:
        return say("The {window} of {provider} is {used} full.", **_window(row), used=used)
    return say(
        "The {window} of {provider} is {used} full and resets in {span}.",
        **_window(row),
        used=used,
        span=show.span(reset_in_s),
    )


def forecast(row: Row) -> str:
    return say(
        "The {window} of {provider} is {used} full and will be spent in {full}, {span} before its "
        "reset, if the pace stays.",
        **_window(row),
        used=show.share(row["utilization"]),
        full=show.span(row["full_in_s"]),
        span=show.span(row["reset_in_s"] - row["full_in_s"]),
    )


def _window(row: Row) -> dict[str, str]:
    names = {"five_hour": say("5-hour window"), "seven_day": say("weekly window")}
    named = row["limit_window"]
    return {"window": names.get(named, named), "provider": row["provider"]}


def unpriced(row: Row) -> str:
    return say(
        "{target} has no price: {calls} calls of the last day count in no sum of money. Add it to "
        "price_overrides.toml, then run faregate reprice.",
        target=_short(row["target"]),
        calls=show.quantity(row["calls"]),
    )


def runaway(row: Row) -> str:
    session, figure = _session(row), row["figure"]
    if row["cause"] == "alone":
        return say(
            "{session} made {calls} calls in the last hour without a word from a person.",
            session=session,
            calls=show.quantity(figure),
        )
    if row["cause"] == "failing":
        return say(
            "{session} fails again and again: {times} times in a row.",
            session=session,
            times=show.quantity(figure),
        )
    return say(
        "{session} spends {usd} of list value an hour.", session=session, usd=show.usd(figure)
    )


def _session(row: Row) -> str:
    named = {"id": row["session_id"][:8], "project": _short(row["project"])}
    if row["project"]:
        return say("Session {id} of {project}", **named)
    return say("Session {id}", id=named["id"])


def provider_down(row: Row) -> str:
    return say(
        "{provider} is down: {failures} attempts in 10 minutes, none answered (last: {cause}).",
        provider=row["provider"],
        failures=show.quantity(row["failures"]),
        cause=row["cause"],
    )


def silent(provider: str) -> str:
    return say("{provider} is down: it does not answer its probe.", provider=provider)


def _short(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in name)
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"
