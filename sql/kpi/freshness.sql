-- KPI:     freshness
-- Answers: how much does the ledger hold, and how old is its latest call?
-- Grain:   one row; period and filters do not apply
-- Set:     now  TIMESTAMP in UTC, default: the clock

with known as (
    select count(*) as calls, count(*) filter (capture = 'demo') as demo_calls, min(asked_at) as first_at,
        max(asked_at) as last_at
    from call_log
    union all
    select count(*), 0, min(asked_at), max(asked_at) from transcript_calls where wire_call_id is null
    union all
    select count(*), 0, min(asked_at), max(asked_at) from telemetry_calls where known_call_id is null
),
running as (
    select count(*) as open_calls, min(asked_at) as first_at, max(asked_at) as last_at
    from open_calls
)

select
    sum(calls)::bigint as calls,
    any_value(open_calls) as open_calls,
    sum(demo_calls)::bigint as demo_calls,
    date_diff('second', greatest(max(known.last_at), any_value(running.last_at)), any_value(now_at))
        as last_call_age_s,
    least(min(known.first_at), any_value(running.first_at)) as first_call_at,
    greatest(max(known.last_at), any_value(running.last_at)) as last_call_at

from known
cross join running
cross join period;
