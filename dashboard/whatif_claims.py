"""The proposal's own month: each figure as claimed, beside what follows from the same inputs."""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboard import show
from dashboard.i18n import say
from router.seed_claims import Claim, claims, mixed_month


def draw() -> None:
    with st.expander(
        say("The proposal's month, as claimed and recomputed"), icon=":material/calculate:"
    ):
        st.dataframe(
            pl.DataFrame([_row(claim) for claim in claims()]),
            hide_index=True,
            column_config={
                "figure": st.column_config.TextColumn(say("Figure"), width="medium"),
                "claimed": st.column_config.TextColumn(say("As claimed"), width="small"),
                "recomputed": st.column_config.TextColumn(say("Recomputed"), width="small"),
                "why": st.column_config.TextColumn(say("Why"), width="large"),
            },
            alt=say("Each figure of the proposal beside what its inputs give."),
        )
        models = " · ".join(
            f"{row.model} {row.share:.0%} {show.usd(row.usd)}" for row in mixed_month()
        )
        st.text(say("The mixed month by model: {models}", models=models))


def _row(claim: Claim) -> dict[str, str]:
    return {
        "figure": figures()[claim.name],
        "claimed": _told(claim.claimed, claim.unit),
        "recomputed": _told(claim.recomputed, claim.unit),
        "why": reasons()[claim.why],
    }


def _told(ends: tuple[Decimal, Decimal], unit: str) -> str:
    low, high = (_amount(one, unit) for one in ends)
    return low if low == high else f"{low} – {high}"


def _amount(value: Decimal, unit: str) -> str:
    if unit == "usd":
        return show.usd(value)
    if unit == "percent":
        return f"{value:g}%"
    return f"{value:,g}×" if unit == "times" else f"{value:,g}"


def figures() -> dict[str, str]:
    return {
        "all_opus": say("All Opus through the API"),
        "mixed": say("The mixed API month"),
        "mixed_cached": say("The mixed month, 30 % from cache"),
        "recommended": say("Max 20x with overflow and electricity"),
        "overflow": say("Overflow beyond the plan"),
        "reduction": say("Saved against all-Opus"),
        "heavy_month": say("A heavy month against the plan's fee"),
        "windows": say("5-hour windows in a month"),
        "quality_max": say("Quality, Max with 80 % Sonnet"),
        "quality_mix": say("Quality of the mixed month"),
    }


def reasons() -> dict[str, str]:
    return {
        "holds": say("Follows from the inputs."),
        "response_cache": say(
            "Holds only if 30 % of the calls repeat exactly; agents' prompts rarely do."
        ),
        "electricity": say("The low end leaves out the electricity that the high end counts."),
        "overflow_share": say("10 to 20 % of the all-Opus month is more than was allowed for."),
        "reduction": say("Against the total with electricity at both ends."),
        "heavy_month": say("Against its own all-Opus month, not against a heavier one."),
        "windows": say("The month's tokens need more windows than a month has."),
        "quality": say("Weighted by the SWE-bench scores that the proposal lists."),
    }
