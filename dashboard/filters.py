"""What the reader asked to see. The URL carries it, so that a view can be kept or sent."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime

import streamlit as st

from dashboard import reader, session
from dashboard.period import Period, period

KEPT, WRITTEN = "filters", "filters_in_url"
NOTHING = "(none)"
CALL_FILTERS = (
    "project", "kind", "route", "rule", "target", "model", "provider", "branch", "result", "cause",
    "arm", "session", "search",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """`range` is a code of `period.period`; empty text filters nothing; NOTHING means none."""

    range: str = "30d"
    project: str = ""
    kind: str = ""
    route: str = ""
    rule: str = ""
    target: str = ""
    model: str = ""
    provider: str = ""
    branch: str = ""
    result: str = ""
    cause: str = ""
    arm: str = ""
    session: str = ""
    search: str = ""
    every_kind: str = ""
    call: str = ""
    dimension: str = "model"
    measure: str = "list_usd"
    title: str = ""
    order: str = "list_usd"
    break_cause: str = ""
    experiment: str = ""
    finding: str = ""
    compare: str = ""
    moderate_at: str = ""
    complex_at: str = ""

    @property
    def variables(self) -> dict[str, object]:
        """Session variables of sql/views/period_calls.sql."""
        asked: dict[str, object] = {name: getattr(self, name) or None for name in CALL_FILTERS}
        asked |= {name: "" for name in ("project", "branch") if asked[name] == NOTHING}
        return {**asked, "any_kind": bool(self.every_kind)}


def current() -> Filters:
    """The filters in force: the URL's where it was changed from outside, else those kept."""
    url = st.query_params.to_dict()
    if KEPT not in st.session_state or (url and url != st.session_state.get(WRITTEN)):
        st.session_state[KEPT] = from_url(url)
    write(st.session_state[KEPT])
    chosen: Filters = st.session_state[KEPT]
    return chosen


def write(chosen: Filters) -> None:
    """Keep the filters, and put them into the URL, beside the language that it asked for."""
    url = {**to_url(chosen), **session.in_url()}
    st.session_state[KEPT] = chosen
    st.session_state[WRITTEN] = url
    if st.query_params.to_dict() != url:
        st.query_params.from_dict(url)


def from_url(url: Mapping[str, str]) -> Filters:
    """Filters of a URL; what it says wrongly is left out."""
    named = {field.name: url[field.name] for field in fields(Filters) if field.name in url}
    try:
        period(named.get("range", "30d"), datetime.now(UTC), "UTC")
    except ValueError:
        del named["range"]
    return Filters(**named)


def to_url(chosen: Filters) -> dict[str, str]:
    plain = asdict(Filters())
    return {name: value for name, value in asdict(chosen).items() if value != plain[name]}


def narrowed(chosen: Filters, **more: str) -> Filters:
    return replace(chosen, **more)


def changes(field: str, widget: str) -> Callable[[], None]:
    """A callback that takes a widget's value into the filters."""

    def take() -> None:
        value = st.session_state[widget]
        text = ("1" if value else "") if isinstance(value, bool) else value or ""
        write(replace(st.session_state[KEPT], **{field: text}))

    return take


def zone() -> str:
    """The reader's time zone: as set, else as the browser says, else UTC."""
    return reader.current().zone


def now() -> datetime:
    """UTC, to the minute before, so that answers can be kept."""
    return datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None)


def asked_period(chosen: Filters) -> Period:
    return period(chosen.range, now(), zone())
