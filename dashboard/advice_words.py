"""What each finding is called, what it saw, what to do about it, and how sure it is."""

from typing import Any

from dashboard import show
from dashboard.i18n import count, say

Row = dict[str, Any]


def title(finding: str) -> str:
    return {
        "compact": say("Compact earlier"),
        "opus_simple": say("Opus on simple work"),
        "pauses": say("Caches that went cold in a pause"),
        "switches": say("Models changed within a session"),
        "writes": say("Cache writes that nobody read"),
        "batch": say("Work that could wait for a batch"),
        "runaway": say("Loops that ran away"),
        "tools": say("Tool lists that could be deferred"),
        "titles": say("Titles on the main model"),
        "plan_api": say("The plan costs more than its calls"),
        "plan_smaller": say("A smaller plan would hold"),
        "plan_larger": say("A larger plan would pay"),
    }[finding]


def seen(row: Row) -> str:
    """What was found, from a row of sql/kpi/advice.sql."""
    finding = row["finding"]
    if finding.startswith("plan_"):
        return _seen_of_plan(row)
    calls = count(row["calls"], "{n} call", "{n} calls")
    return {
        "compact": say("{calls} read a context beyond 100,000 tokens again.", calls=calls),
        "opus_simple": say(
            "{calls} of short sessions and agents that only did simple work went to Opus.",
            calls=calls,
        ),
        "pauses": say("{calls} came 5 to 60 minutes after the turn before.", calls=calls),
        "switches": say("{calls} came to another model with a cold cache.", calls=calls),
        "writes": say("{calls} wrote a prompt into the cache, and no turn followed.", calls=calls),
        "batch": say("{calls} came from scripts, one turn each, paid in cash.", calls=calls),
        "runaway": say(
            "{calls} were made without a person for 200 calls, or after 8 failures in a row.",
            calls=calls,
        ),
        "tools": say("{calls} carried 40 tools or more in their prompt.", calls=calls),
        "titles": say("{calls} for titles and hooks went to Opus or Sonnet.", calls=calls),
    }[finding]


def _seen_of_plan(row: Row) -> str:
    found, mark = show.usd(row["found_usd"]), show.usd(row["break_even_usd"])
    return {
        "plan_api": say(
            "The plan's calls are worth {found} a month at list price; it pays from {mark} on.",
            found=found,
            mark=mark,
        ),
        "plan_smaller": say("No limit window was ever fuller than the next smaller plan's."),
        "plan_larger": say(
            "Calls cost {found} a month in cash while a window was spent; "
            "the next larger plan costs {mark} more.",
            found=found,
            mark=mark,
        ),
    }[row["finding"]]


def remedy(finding: str) -> str:
    return {
        "compact": say("Compact at 100,000 tokens; or type /compact where a task ends:"),
        "opus_simple": say("Send simple work to Sonnet, in `policy.toml`:"),
        "pauses": say("Let the cache live an hour, in the environment of Claude Code:"),
        "switches": say("Begin a new session for another model:"),
        "writes": say("Do not cache in scripts that ask once:"),
        "batch": say("Send them as a batch, answered within a day at half the price:"),
        "runaway": say("Bound what scripts may do alone; alerts tell of the next loop:"),
        "tools": say("Load tools when they are searched for:"),
        "titles": say("Name a small model for them; `faregate env` does so:"),
        "plan_api": say("Work with an API key instead of the plan:"),
        "plan_smaller": say("Take the smaller plan:"),
        "plan_larger": say("Take the larger plan:"),
    }[finding]


def quality(finding: str) -> str:
    """What following the advice does to the answers; empty where it does nothing."""
    return {
        "compact": say("A summary forgets details that the full context still had."),
        "opus_simple": say(
            "On easy SWE-bench tasks Opus 4.5 solved 84.5 %, Sonnet 4.5 82.0 %: "
            "expect about 3 in 100 more failures."
        ),
        "batch": say("The same answers, up to a day later."),
        "runaway": say("A loop that would have succeeded is stopped too."),
        "tools": say("A tool is searched for before it is used: a turn more, now and then."),
        "titles": say("Titles read a little plainer."),
        "plan_api": say("Nothing stops at a spent window any more."),
        "plan_smaller": say("Windows fill sooner."),
    }.get(finding, "")


def why(row: Row) -> str:
    """Why the confidence is what it is."""
    assumed = {
        "compact": say("assumes that the work would have gone the same way"),
        "opus_simple": say("how simple work is, is a score of its words; extra steps are counted"),
        "pauses": say("the dearer writes of an hour's cache are counted"),
        "switches": say("assumes that the session had stayed on its model"),
        "writes": say("nothing is assumed: these writes were never read"),
        "batch": say("assumes that nobody waited for the answers"),
        "runaway": say("assumes that nothing came of these calls"),
        "tools": say("the weight of the tools is a difference of medians"),
        "titles": say("nothing is assumed: the same tokens at another rate"),
        "plan_api": say("assumes the same work without the plan"),
        "plan_smaller": say("the size of plans is known by their names only"),
        "plan_larger": say("assumes that the larger plan's windows had held"),
    }[row["finding"]]
    few = row["calls"] < 20 or row["active_days"] < 5
    return say("{assumed}; few calls or days", assumed=assumed) if few else assumed


def confidence_name(level: str) -> str:
    return {
        "high": say("high confidence"),
        "medium": say("medium confidence"),
        "low": say("low confidence"),
    }[level]
