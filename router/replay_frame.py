"""The log of calls as a replay takes it in: its columns, its order, in few bytes."""

import polars as pl

from router.call import Kind
from router.columns import FACT_COLUMNS
from router.replay_packed import CODED, packed
from router.rules import TYPES

COLUMN_TYPES: dict[str, type[pl.DataType] | pl.DataType] = {
    "call_id": pl.String,
    "asked_at": pl.Datetime("us"),
    "session_id": pl.String,
    "agent_id": pl.String,
    "tag": pl.String,
    "cache_ttl": pl.String,
    "tried": pl.String,
    "first_result": pl.String,
    "target": pl.String,
    "bill": pl.String,
    "result": pl.String,
    "duration_ms": pl.Float64,
    "stop_reason": pl.String,
    "fresh_tokens": pl.Int64,
    "cache_write_5m_tokens": pl.Int64,
    "cache_write_1h_tokens": pl.Int64,
    "cache_read_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "web_searches": pl.Int64,
    "list_usd": pl.Float64,
    "cost_usd": pl.Float64,
}
INPUT_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    **COLUMN_TYPES,
    **{name: TYPES[column.type] for name, column in FACT_COLUMNS.items()},
}
PROMPT_COLUMNS = (
    "fresh_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
)  # fmt: skip


def normal_frame(calls: pl.DataFrame) -> pl.DataFrame:
    """The calls with every column of `INPUT_SCHEMA`, in order of thread and time, `packed`.

    Missing columns are filled with nulls. `is_tool_turn` is derived from how the thread's call
    before ended, and `input_tokens` from the usage, where the log does not say them.
    """
    have = set(calls.columns)
    filled = calls.select(
        (pl.col(name) if name in have else pl.lit(None, kind))
        .cast(CODED if kind == pl.String and name != "call_id" else kind)
        .alias(name)
        for name, kind in INPUT_SCHEMA.items()
    )
    prompt = sum((pl.col(name).fill_null(0) for name in PROMPT_COLUMNS), pl.lit(0))
    ordered = filled.select(pl.all().gather(_order(filled))).with_columns(
        input_tokens=pl.col("input_tokens").fill_null(prompt)
    )
    told = ordered.with_columns(
        pl.col("agent_id").fill_null(""),
        pl.col("kind").fill_null(str(Kind.OTHER)),
        is_tool_turn=pl.col("is_tool_turn").fill_null(_after_tool_use()),
    )
    return packed(told)


def _order(calls: pl.DataFrame) -> pl.Series:
    agent = pl.col("agent_id").cast(pl.String).fill_null("")
    by_thread = pl.arg_sort_by("session_id", agent, "asked_at", "call_id", nulls_last=True)
    return calls.select(by_thread).to_series()


def _after_tool_use() -> pl.Expr:
    """Whether the call before in the thread ended so (of calls in order)."""
    is_same = pl.lit(value=True)
    for name in ("session_id", "agent_id"):
        is_same &= pl.col(name).fill_null("") == pl.col(name).shift(1).fill_null("")
    ended = (pl.col("stop_reason").shift(1) == "tool_use").fill_null(value=False)
    return pl.col("session_id").is_not_null() & is_same & ended
