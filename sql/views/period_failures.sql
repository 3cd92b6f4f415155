-- One row per failed attempt of the period's calls that pass every filter: who failed how, and what
-- became of the call. A user's own cancelling is no failure.
create or replace view period_failures as
with failed as materialized (
    select call_id, attempt_no, started_at, target as failed_target, result as cause, status, error_type
    from attempts
    cross join period
    where result not in ('ok', 'cancelled')
      and started_at >= start_at
      and started_at < end_at + interval 1 hour
)
select
    failed.*,
    period_calls.result,
    period_calls.target as answered_target,
    period_calls.attempts,
    period_calls.list_usd,
    period_calls.cost_usd,
    period_calls.asked_at
from failed
join period_calls using (call_id);
