"""Tables of the What-if page, and what its numbers rest on."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboard import charts, columns, notices, show
from dashboard.i18n import say
from router.quality_offpolicy import by_model
from router.replay import Outcome


def assumption_names() -> dict[str, str]:
    return {
        "steps_sonnet": say("Steps of Sonnet"),
        "steps_haiku": say("Steps of Haiku"),
        "steps_local": say("Steps of a local model"),
        "output_sonnet": say("Answers of Sonnet"),
        "output_haiku": say("Answers of Haiku"),
        "output_local": say("Answers of a local model"),
        "tokens_opus_47": say("Newer tokenizer"),
        "plan_cap": say("The plan's limits"),
        "local_tokens_per_s": say("Local speed"),
    }


def plans(even: pl.DataFrame) -> None:
    """Columns of `break_even`."""
    shown = charts.for_table(even.with_columns(pl.col("title").replace("", say("API only"))))
    told = [
        show.UNKNOWN if one is None else show.percent(round(one, 2)) for one in even["pays_from"]
    ]
    bases = limit_bases()
    shown = shown.with_columns(
        pays_from=pl.Series(told), basis=pl.col("basis").replace_strict(bases, default="")
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=show.UNKNOWN,
        column_order=["title", "paid_usd", "limit_hits", "blocked_minutes", "pays_from", "basis"],
        column_config={
            "title": st.column_config.TextColumn(say("Plan"), width=112),
            "paid_usd": columns.money(say("Paid"), width=70),
            "limit_hits": st.column_config.NumberColumn(say("Hits"), format="%.1f", width=55),
            "blocked_minutes": st.column_config.NumberColumn(
                say("Blocked"), format="%.0f min", width=80
            ),
            "pays_from": st.column_config.TextColumn(
                say("Pays from"),
                width=75,
                help=say("Of your present use, taken as more or less of the same."),
            ),
            "basis": st.column_config.TextColumn(say("Its limits"), width=80),
        },
        alt=say("Each plan on the same calls."),
    )


def limit_bases() -> dict[str, str]:
    return {
        "none": show.UNKNOWN,
        "published": say("published"),
        "folklore": say("assumed"),
        "measured": say("measured"),
    }


def basis(outcomes: Mapping[str, Outcome]) -> None:
    """Logged, replayed, assumed: in calls."""
    with st.expander(say("What these numbers rest on"), icon=":material/fact_check:"):
        st.markdown(
            say(
                "Medians and 90 % ranges: sessions drawn again within their week, success rates "
                "and assumptions drawn. A month is taken from active days."
            )
        )
        st.markdown(
            say(
                "A policy's budget is applied from full hour to full hour, as if nothing had been "
                "spent before this period; other thresholds and plans below leave it aside."
            )
        )
        for name, outcome in outcomes.items():
            st.markdown(f"- {notices.without_markdown(name)}: {_told(outcome)}")


def _told(outcome: Outcome) -> str:
    held = outcome.basis
    meter = {
        "measured": say("limits measured from the plan's own readings"),
        "folklore": say("limits as others assume them"),
    }.get(held.plan_meter, say("no plan's limits"))
    return say(
        "{observed} calls as logged, {modelled} modelled, {unscored} without words to weigh, "
        "{unpriced} without a price, {unanswered} that nobody would have answered; {outcomes} "
        "known outcomes; {meter}.",
        observed=f"{held.observed:,}",
        modelled=f"{held.modelled:,}",
        unscored=f"{held.unscored:,}",
        unpriced=f"{held.unpriced:,}",
        unanswered=f"{held.unanswered:,}",
        outcomes=f"{held.outcomes:,}",
        meter=meter,
    )


def models(labels: pl.DataFrame) -> None:
    """How often each model's work came out well, by what the log alone can tell."""
    with st.expander(say("What your own log says of each model"), icon=":material/balance:"):
        found = by_model(labels)
        if found.is_empty():
            st.markdown(
                say("No outcome is known yet: import transcripts, or tell with `faregate review`.")
            )
            return
        st.markdown(
            say(
                "Hard work goes to strong models, which makes them look weak: the plain share is "
                "weighted here to the same mix of work for all, with 90 % ranges."
            )
        )
        st.dataframe(
            pl.DataFrame([_model(row) for row in found.iter_rows(named=True)]),
            hide_index=True,
            column_config={
                "model": st.column_config.TextColumn(say("Model"), width="medium"),
                "known": st.column_config.NumberColumn(say("Known outcomes"), width="small"),
                "naive": st.column_config.TextColumn(say("Plain share"), width="small"),
                "weighted": st.column_config.TextColumn(say("On the same work"), width="medium"),
                "missing": st.column_config.TextColumn(say("Not identified"), width="medium"),
            },
            alt=say("How often each model's work came out well."),
        )


def _model(row: dict[str, Any]) -> dict[str, Any]:
    weighted = f"{show.share(row['doubly_robust'])} ({show.share(row['low'])} – "
    return {
        "model": row["model"],
        "known": row["known"],
        "naive": show.share(row["naive"]),
        "weighted": show.UNKNOWN if row["low"] is None else f"{weighted}{show.share(row['high'])})",
        "missing": ", ".join(row["missing"]),
    }


def months(outcomes: Mapping[str, Outcome]) -> pl.DataFrame:
    """A row per scenario and measure: `scenario measure median low high`, money in dollars."""
    return pl.DataFrame(
        [
            {
                "scenario": name,
                "measure": measure,
                "median": one.median,
                "low": one.low,
                "high": one.high,
            }
            for name, outcome in outcomes.items()
            for measure, one in outcome.month.items()
        ],
        infer_schema_length=None,
    )
