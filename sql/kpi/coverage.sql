-- KPI:     coverage
-- Answers: how much of the period does the ledger know, and what is missing from its sums?
-- Grain:   one row for the period. `known_days` are those from the ledger's first day to today; calls without a price,
--          without a count of tokens or without an end make sums too low; `wire_only`, `transcript_only` and
--          `telemetry_only` calls were seen by the gate alone, or told by nothing but a transcript or telemetry
-- Set:     period and filters as in sql/README.md

with days as (
    select
        count(*) filter (is_known) as known_days,
        min(day_on) filter (is_known) as first_on,
        max(day_on) filter (is_known) as last_on
    from period_days
),
asked as (
    select
        count(*) filter (is_inference) as calls,
        count(distinct timezone(zone, timezone('UTC', quarter_at))::date) filter (is_inference) as days_with_calls,
        count(*) filter (list_usd is null and result is not null) as unpriced_calls,
        count(*) filter (usage_missing) as usage_missing_calls,
        count(*) filter (partial) as partial_calls,
        count(*) filter (result is null) as open_calls,
        count(*) filter (source = 'transcript') as transcript_only_calls,
        count(*) filter (source = 'otel') as telemetry_only_calls,
        count(*) filter (
            source = 'proxy' and result is not null and coalesce(kind, '') not in ('count_tokens', 'probe')
            and call_id not in (select wire_call_id from transcript_calls where wire_call_id is not null)
        ) as wire_only_calls
    from period_calls
    cross join period
),
spans as (
    select date_diff('day', timezone(zone, timezone('UTC', start_at))::date,
                     timezone(zone, timezone('UTC', end_at))::date) as period_days
    from period
)

select
    period_days, known_days, first_on, last_on, days_with_calls, calls, unpriced_calls, usage_missing_calls,
    partial_calls, open_calls, transcript_only_calls, telemetry_only_calls,
    wire_only_calls

from spans
cross join days
cross join asked;
