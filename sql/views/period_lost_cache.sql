-- One row per cache break (`cache_breaks`) of the period's calls that pass every filter, with what the call was.
-- The turn before may lie up to two days before the period.
create or replace view period_lost_cache as
with found as materialized (
    from cache_breaks_between(
        getvariable('start_at')::timestamp - interval 2 day, getvariable('end_at')::timestamp
    )
)
select
    found.* exclude (row_no),
    period_calls.project,
    period_calls.kind,
    period_calls.answered_model,
    period_calls.role,
    period_calls.quarter_at,
    period_calls.rule,
    period_calls.reason,
    period_calls.attempts,
    period_calls.list_usd,
    period_calls.price_id,
    period_calls.cache_write_5m_tokens
from found
join period_calls on period_calls.row_no = found.row_no;
