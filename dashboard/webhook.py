"""Sends alerts to a webhook, as Slack's incoming webhooks take them: `{"text": …}`.

The address is a secret. It is read from the environment at each send, and neither it nor an error
that might quote it is ever logged, kept or shown.
"""

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from dashboard.alert_state import State
from dashboard.settings import Alerts

TIMEOUT_S = 10.0
FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 3600.0
KEEP_TRYING_S = 86400.0

logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the address of each request


def post(marks: Alerts, text: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """None when the webhook took it, else what is wrong, in one line without the address."""
    name = marks.webhook_env
    if not name:
        return "no webhook is set; name the variable that holds its address in the settings"
    url = environ.get(name, "").strip()
    if not url:
        return f"{name} is not set where faregate runs"
    if not _is_web(url):
        return f"{name} holds no http or https address"
    try:
        answer = httpx.post(url, json={"text": escaped(text)}, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return f"the webhook of {name} cannot be reached ({type(error).__name__})"
    return None if answer.is_success else f"the webhook of {name} answers {answer.status_code}"


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def escaped(text: str) -> str:
    """A name in a text is no command: `<!channel>` would call everybody.

    Source: https://api.slack.com/reference/surfaces/formatting#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def deliver(
    state: State, marks: Alerts, now: datetime, environ: Mapping[str, str] = os.environ
) -> str | None:
    """Send what waits, in order, until one fails; what went wrong, or None.

    After a failure the next try waits a minute, then two, four, … up to an hour; what is older than
    a day is dropped.
    """
    at = now.timestamp()
    if not marks.webhook_env:
        state.waiting = []
    state.waiting = [one for one in state.waiting if at - one["at"] < KEEP_TRYING_S]
    if at < state.next_at:
        return None
    while state.waiting:
        if fault := post(marks, state.waiting[0]["text"], environ):
            state.next_at = at + min(FIRST_WAIT_S * 2**state.tries, LONGEST_WAIT_S)
            state.tries = min(state.tries + 1, 10)
            return fault
        state.waiting.pop(0)
        state.tries, state.next_at = 0, 0.0
    return None
