"""What happens in a session, in words, marks and colours."""

from dashboard.cache_words import cause_name
from dashboard.cards import window_name
from dashboard.i18n import say
from dashboard.palette import Palette
from dashboard.palette import cause_name as failure_name

EVENTS = ("cache_break", "switch", "compaction", "failure", "fallback", "limit_hit")
SYMBOLS = {
    "cache_break": "diamond",
    "switch": "square",
    "compaction": "triangle-up",
    "failure": "x",
    "fallback": "circle-open",
    "limit_hit": "triangle-down",
}
SIGNS = {
    "cache_break": "◆",
    "switch": "■",
    "compaction": "▲",
    "failure": "✕",
    "fallback": "○",
    "limit_hit": "▼",
}


def event_name(event: str) -> str:
    return {
        "cache_break": say("cache break"),
        "switch": say("model switch"),
        "compaction": say("compaction"),
        "failure": say("no answer"),
        "fallback": say("fallback"),
        "limit_hit": say("plan limit hit"),
    }.get(event, event)


def event_colour(event: str, colours: Palette) -> str:
    return {
        "cache_break": colours.fair,
        "switch": colours.role["openrouter"],
        "compaction": colours.text,
        "failure": colours.cause["failed"],
        "fallback": colours.cause["overloaded"],
        "limit_hit": colours.bad,
    }.get(event, colours.faded)


def detail_of(event: str, detail: str | None) -> str:
    """An event's detail as sql/kpi/session_events.sql tells it, in words where there are any."""
    told = detail or ""
    if event == "cache_break":
        return cause_name(told)
    if event == "failure":
        return failure_name(told)
    return window_name(told) if event == "limit_hit" else told


def outcome_name(outcome: str | None) -> str:
    return {
        "pass": say("went well"),
        "fail": say("went wrong"),
        "unknown": say("not known"),
    }.get(outcome or "", "")
