"""The best pieces of advice in few words, for the Overview."""

import polars as pl
import streamlit as st

from dashboard import advice_words, notices, show
from dashboard.i18n import count, say

MOST = 3


def draw(found: pl.DataFrame, url: dict[str, str]) -> None:
    """Columns of sql/kpi/advice.sql; `url` are the filters that the page Advice is opened with."""
    st.badge(say("Advice"), icon=":material/lightbulb:", color="orange")
    if found.is_empty():
        st.markdown(say("Nothing to change is worth a dollar a month."))
    else:
        worth = count(
            found.height,
            "{n} change worth **{usd}** a month",
            "{n} changes worth **{usd}** a month",
            usd=show.usd(found["own_usd_per_month"].sum()),
        )
        st.markdown(notices.plain_dollars(worth))
        best = found.head(MOST).select("finding", "usd_per_month")
        lines = [
            f"- :small[{advice_words.title(finding)} · {show.usd(usd)}]"
            for finding, usd in best.iter_rows()
        ]
        st.markdown(notices.plain_dollars("\n".join(lines)))
    st.page_link(
        "app_pages/advice.py",
        label=say("See advice"),
        icon=":material/arrow_forward:",
        query_params=url,
    )
