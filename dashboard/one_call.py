"""One call in full: what was asked, who was tried, what was used, and what each token cost."""

import json
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboard import arithmetic, ask, charts, columns, decided, show
from dashboard.i18n import say
from dashboard.palette import Palette

ASKED = (
    "kind", "asked_model", "project", "session_id", "agent_id", "agent_type", "cwd", "git_branch",
    "client", "entrypoint", "thinking", "effort", "tool_choice", "cache_ttl",
)  # fmt: skip
SIZES = (
    "stream", "messages", "tools", "images", "max_tokens", "thinking_budget", "is_tool_turn",
    "last_text_chars", "body_bytes", "body_sha256", "system_sha256", "tools_sha256",
)  # fmt: skip
TOLD = (
    "route", "rule", "reason", "task", "complexity", "login", "policy_version", "stop_reason",
    "tool_calls", "retry_of", "request_id", "message_id", "source", "capture", "usage_missing",
    "partial", "path",
)  # fmt: skip
USAGE = (
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
    "output_tokens", "web_searches",
)  # fmt: skip
KPIS = ("one_call", "call_attempts", "call_prices", "call_retries")


def draw(path: Path, call_id: str, zone: str, colours: Palette) -> None:
    answers = ask.answers(path, KPIS, {"call": call_id})
    if answers["one_call"].is_empty():
        st.info(say("No call in the ledger has this id."))
        st.text(call_id)
        return
    call = answers["one_call"].row(0, named=True)
    _figures(call, zone)
    _facts(call, colours)
    decided.draw(call, colours)
    _attempts(answers["call_attempts"])
    _usage_and_prices(path, answers)
    _retries(answers["call_retries"], zone)
    _limits(answers["call_attempts"])


def _figures(call: dict[str, Any], zone: str) -> None:
    st.text(
        say(
            "{id}\nasked {at}, answered by {model}",
            id=call["call_id"],
            at=show.moment(call["asked_at"], zone),
            model=call["answered_model"] or show.UNKNOWN,
        )
    )
    with st.grid(6, min_column_width=120, border=True):
        st.metric(say("Result"), call["result"].replace("_", " "))
        st.metric(say("Cash"), show.usd(call["cost_usd"]))
        st.metric(say("List value"), show.usd(call["list_usd"]))
        st.metric(say("On Opus"), show.usd(call["baseline_usd"]))
        st.metric(say("First byte"), show.took(call["ttfb_ms"]))
        st.metric(say("Whole answer"), show.took(call["duration_ms"]))


def _facts(call: dict[str, Any], colours: Palette) -> None:
    groups = {
        say("Asked"): ASKED,
        say("Request"): SIZES,
        say("Usage"): USAGE,
        say("Decided and answered"): TOLD,
    }
    with st.grid(4, min_column_width=230, border=True):
        for title, names in groups.items():
            st.html(_list(title, {name: call[name] for name in names}, colours))


def _list(title: str, facts: dict[str, Any], colours: Palette) -> str:
    rows = "".join(
        f'<div style="display:flex;gap:.8rem;justify-content:space-between;padding:.12rem 0">'
        f'<span style="color:{colours.faded}">{escape(name)}</span>'
        f'<span style="overflow-wrap:anywhere;text-align:right">{escape(_text(value))}</span></div>'
        for name, value in facts.items()
        if value not in (None, "")
    )
    return f'<div style="color:{colours.text};font-size:.88rem"><b>{escape(title)}</b>{rows}</div>'


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _attempts(attempts: pl.DataFrame) -> None:
    st.header(say("Attempts"), anchor=False)
    st.dataframe(
        charts.for_table(attempts),
        hide_index=True,
        height="content",
        column_order=["attempt_no", "target", "bill", "result", "status", "ttfb_ms", "duration_ms",
                      "list_usd", "cost_usd", "error_type", "error", "unpriced"],
        column_config={
            "attempt_no": say("No."),
            "target": say("Target"),
            "bill": say("Bill"),
            "result": say("Result"),
            "status": say("Status"),
            "error_type": say("Error"),
            "error": say("Message"),
            "unpriced": say("Unpriced because"),
            "ttfb_ms": st.column_config.NumberColumn(say("First byte ms"), format="%.0f"),
            "duration_ms": st.column_config.NumberColumn(say("Whole ms"), format="%.0f"),
            "list_usd": columns.money(say("List value"), digits=6),
            "cost_usd": columns.money(say("Cash"), digits=6),
        },
        placeholder="",
        alt=say("Every attempt at this call, in order."),
    )  # fmt: skip


def _usage_and_prices(path: Path, answers: ask.Answers) -> None:
    attempts = answers["call_attempts"]
    lines = arithmetic.price_lines(path, attempts)
    st.header(say("What it cost, line by line"), anchor=False)
    if lines.is_empty():
        _usage(attempts)
        return
    st.dataframe(
        charts.as_floats(lines),
        hide_index=True,
        height="content",
        column_config={
            "attempt_no": say("Attempt"),
            "model": say("Model"),
            "bucket": say("Tokens"),
            "count": st.column_config.NumberColumn(say("Count"), format="localized"),
            "usd_per_mtok": columns.dollars(say("× $ per million"), 4),
            "usd": columns.dollars(say("= list value"), 9),
            "price_ids": say("Price rows"),
        },
        alt=say("Each bucket of tokens, its rate and their product."),
    )
    recorded = show.exact_usd(ask.first(answers["one_call"])["list_usd"])
    st.text(say("Recorded list value: {usd}", usd=recorded))
    if arithmetic.differs(lines, attempts):
        st.warning(say("Rates were corrected since: run `faregate reprice`."))
    with st.expander(say("Price rows in force")):
        st.dataframe(answers["call_prices"], hide_index=True)


def _usage(attempts: pl.DataFrame) -> None:
    """Tokens alone, where no price explains them."""
    reasons = attempts["unpriced"].drop_nulls().unique().to_list()
    st.markdown(say("No price is in force for this usage, so it has no list value."))
    for reason in reasons:
        st.text(reason)
    st.dataframe(attempts.select("attempt_no", "target", *USAGE), hide_index=True, height="content")


def _retries(retries: pl.DataFrame, zone: str) -> None:
    if retries.is_empty():
        return
    st.header(say("Retries"), anchor=False)
    at = pl.col("asked_at").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    st.dataframe(retries.with_columns(at), hide_index=True, height="content")


def _limits(attempts: pl.DataFrame) -> None:
    told = attempts.filter(pl.col("limits").is_not_null()).select("attempt_no", "limits")
    if told.is_empty():
        return
    with st.expander(say("Limit headers of the answer")):
        for attempt_no, limits in told.iter_rows():
            st.caption(say("Attempt {n}", n=attempt_no))
            headers = sorted(json.loads(limits).items())
            st.dataframe(
                pl.DataFrame(headers, schema=["header", "value"], orient="row"),
                hide_index=True,
                height="content",
            )
