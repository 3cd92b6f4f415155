"""What people said of a session, and a form to say more."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import streamlit as st

from collector import reviews
from collector.reviews import Outcome, Review, Source
from dashboard import ask, notices
from dashboard.i18n import say
from dashboard.session_words import outcome_name


def draw(path: Path, session_id: str, said: pl.DataFrame, zone: str) -> None:
    """`said` has the columns of sql/kpi/session_reviews.sql."""
    if said.is_empty():
        st.markdown(say("Nobody has reviewed this session yet."))
    else:
        _known(said, zone)
    with st.form("review", border=False):
        outcome = (
            st.radio(
                say("Was its work good?"),
                list(Outcome),
                format_func=outcome_name,
                horizontal=True,
                key="review_outcome",
            )
            or Outcome.PASS
        )
        note = st.text_input(
            say("Note"), key="review_note", max_chars=reviews.LONGEST_NOTE,
            placeholder=say("Why, in a few words"),
        )  # fmt: skip
        if st.form_submit_button(say("Save review")):
            with notices.trouble_shown():
                _save(path, session_id, Outcome(outcome), note)


def _known(said: pl.DataFrame, zone: str) -> None:
    at = pl.col("reviewed_at").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    st.dataframe(
        said.with_columns(
            at,
            pl.col("note").fill_null(""),
            outcome=pl.Series([outcome_name(one) for one in said["outcome"]], dtype=pl.String),
        ),
        hide_index=True,
        height="content",
        column_order=["reviewed_at", "outcome", "note", "reviewer"],
        column_config={
            "reviewed_at": st.column_config.DatetimeColumn(
                say("Reviewed"), format="MM-DD HH:mm", width=95
            ),
            "outcome": st.column_config.TextColumn(say("Review"), width=85),
            "note": st.column_config.TextColumn(say("Note"), width=180),
            "reviewer": st.column_config.TextColumn(say("By"), width=60),
        },
        alt=say("Reviews of this session, latest first."),
    )


def _save(path: Path, session_id: str, outcome: Outcome, note: str) -> None:
    said = Review(
        outcome=outcome,
        reviewed_at=datetime.now(UTC).replace(tzinfo=None),
        source=Source.PAGE,
        session_id=session_id,
        reviewer=reviews.this_user(),
        note=reviews.note_of(note),
    )
    is_new = reviews.add(path, said, ask.WAIT_S)
    ask.forget()
    st.toast(say("Review saved.") if is_new else say("The newest review says the same already."))
    if is_new:
        st.rerun()
