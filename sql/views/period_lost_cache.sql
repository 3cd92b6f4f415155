-- One row per cache break (`cache_breaks`) of the period's calls that pass every filter, with what the call was.
-- The turn before may lie up to two days before the period.
create or replace view period_lost_cache as
with found as materialized (
    from cache_breaks_between(
        getvariable('start_at')::timestamp - interval 2 day, getvariable('end_at')::timestamp
    )
)
select
    found.*,
    period_calls.project,
    period_calls.kind,
    period_calls.answered_model,
    period_calls.role,
    period_calls.quarter_at
from found
join period_calls using (call_id);
