-- KPI:     routing at a glance
-- Answers: how many calls were routed, rescued by another target, escalated or kept where their cache was?
-- Grain:   one row for the period; finished inference calls only, shares are null without any
-- Set:     period and filters as in sql/README.md

with asked as (
    select
        count(*) as calls,
        count(*) filter (rule is not null) as routed_calls,
        count(*) filter (attempts > 1) as retried_calls,
        count(*) filter (attempts > 1 and result = 'ok') as rescued_calls,
        count(*) filter (result not in ('ok', 'cancelled')) as lost_calls,
        count(*) filter (contains(reason, 'escalated:')) as escalated_calls,
        count(*) filter (starts_with(reason, 'held:')) as held_calls
    from period_calls
    where is_inference and result is not null
),
switches as (
    select
        count(*) as switches,
        count(*) filter (cold_tokens > 0) as cold_switches,
        coalesce(sum(cold_tokens), 0)::bigint as cold_tokens,
        coalesce(sum(cold_usd), 0)::decimal(18, 9) as cold_usd,
        coalesce(sum(cold_usd) filter (bill = 'cash'), 0)::decimal(18, 9) as cold_cash_usd,
        count(*) filter (cold_usd is null) as unpriced_switches
    from period_switches
)

select
    asked.*,
    routed_calls / nullif(calls, 0) as routed_share,
    rescued_calls / nullif(retried_calls, 0) as rescued_share,
    switches.*

from asked
cross join switches;
