"""What a cache break's cause is called, and what helps against it."""

from dashboard.i18n import say

CAUSES = ("idle", "switch", "tools", "system", "compaction", "unknown")


def cause_name(cause: str) -> str:
    return {
        "idle": say("Idle past the cache's life"),
        "switch": say("Another target answered"),
        "tools": say("List of tools changed"),
        "system": say("System prompt changed"),
        "compaction": say("Compacted"),
    }.get(cause, say("Not known"))


def remedy(cause: str) -> str:
    return {
        "idle": say("Let the cache live an hour, or compact before a pause"),
        "switch": say("Keep a session on its model"),
        "tools": say("Connect MCP servers before a session begins"),
        "system": say("Change CLAUDE.md and styles between sessions"),
        "compaction": say("Nothing: a summary is new text"),
    }.get(cause, say("Look at the calls: history edited, or dropped by the provider"))
