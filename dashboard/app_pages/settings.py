"""Settings: what pages, alerts and reports follow, and where everything is kept."""

import os
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import streamlit as st

from collector import policies
from collector.files import DEFAULTS, data_folder, journal_folder, ledger_file
from dashboard import (
    alert_table,
    alerts,
    ask,
    filters,
    notices,
    page_view,
    session,
    settings,
    settings_forms,
    show,
)
from dashboard.i18n import say
from router.plans import plans_of

SAVED = "settings_saved"

folder = data_folder()
now = session.saved()


def kept(said: settings_forms.Said) -> None:
    """Save what a form says, and draw all anew by it."""
    if said is None:
        return
    try:
        session.change(folder, **said)
    except (ValueError, OSError) as error:
        not_saved(error)
    else:
        drawn_anew()


def not_saved(error: Exception) -> None:
    st.error(say("Not saved."), icon=":material/error:")
    st.text(str(error).splitlines()[0])


def drawn_anew() -> None:
    st.session_state[SAVED] = True
    ask.forget()
    st.rerun()


def plan() -> None:
    known = plans_of((DEFAULTS / "plans.toml").read_text())
    titles = {one.name: f"{one.title} · ${one.usd:g}" for one in known}
    said = settings_forms.plan(folder, titles)
    notices.small(
        say(
            "Kept in `policy.toml`. The version before stays: `faregate policy rollback` "
            "brings it back."
        )
    )
    if said is None:
        return
    try:
        policies.put(folder, policies.with_plan(policies.live(folder), *said))
    except (ValueError, OSError) as error:
        not_saved(error)
    else:
        drawn_anew()


def tried() -> None:
    """A test message to the webhook, once one is named."""
    if now.alerts.webhook_env is None or not st.button(
        say("Send a test"), icon=":material/send:", key="send test"
    ):
        return
    fault = alerts.send_test(folder)
    if fault is None:
        st.success(say("The test has arrived."), icon=":material/check:")
    else:
        st.error(say("The test did not arrive."), icon=":material/error:")
        st.text(fault)


def places() -> None:
    files = {
        say("Settings"): folder / settings.FILE,
        say("Policy"): policies.live_file(folder),
        say("Ledger"): ledger_file(folder),
        say("Journal"): journal_folder(folder),
        say("Corrected prices"): folder / "price_overrides.toml",
    }
    rows = [(name, str(file), _size(file), _changed(file)) for name, file in files.items()]
    st.dataframe(
        pl.DataFrame(rows, schema=["what", "where", "size", "changed"], orient="row"),
        hide_index=True,
        height="content",
        column_config={
            "what": st.column_config.TextColumn(say("What"), width=130),
            "where": st.column_config.TextColumn(say("Where"), width="large"),
            "size": st.column_config.TextColumn(say("Size"), width=90),
            "changed": st.column_config.TextColumn(say("Last changed"), width=190),
        },
        alt=say("Files of this data folder."),
    )
    notices.small(say("`FAREGATE_DATA` names another folder; `faregate doctor` looks at this one."))


def _size(file: Path) -> str:
    if file.is_dir():
        return show.size(sum(one.stat().st_size for one in file.rglob("*") if one.is_file()))
    return show.size(file.stat().st_size) if file.exists() else show.UNKNOWN


def _changed(file: Path) -> str:
    if not file.exists():
        return show.UNKNOWN
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None)
    return show.moment(at, filters.zone())


if st.session_state.pop(SAVED, False):
    st.toast(say("Saved"), icon=":material/check:")
st.title(say("Settings"), anchor=False)
st.markdown(say("Every page, alert and report follows what is set here, from the next moment on."))
left, right = st.columns(2)
with left:
    with st.container(border=True):
        st.header(say("Language, money and time"), anchor=False)
        kept(settings_forms.how_it_is_shown(now))
    with st.container(border=True):
        st.header(say("Plan"), anchor=False)
        plan()
    with st.container(border=True):
        st.header(say("Monthly report"), anchor=False)
        kept(settings_forms.reports(now.reports))
with right:
    with st.container(border=True):
        st.header(say("Goals"), anchor=False)
        kept(settings_forms.goals(now.goals))
    with st.container(border=True):
        st.header(say("Alerts"), anchor=False)
        kept(settings_forms.alerts(now.alerts, os.environ))
        tried()
with st.container(border=True):
    st.header(say("Alerts that were told"), anchor=False)
    behind = alert_table.draw(folder)
with st.container(border=True):
    st.header(say("Where things are"), anchor=False)
    places()
if behind is not None:
    page_view.to_page("calls", behind)
