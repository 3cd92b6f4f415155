-- KPI:     today so far
-- Answers: how many calls were made today, what did they cost, and what were they worth?
-- Grain:   one row; inference calls only, by asked_at. `paid_usd` is cash, `plan_usd` the plan's fee for the day,
--          `saved_usd` what both stay below the same usage on Opus
-- Set:     zone and now as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

with today as (
    select
        timezone(zone, timezone('UTC', now_at))::date as day_on,
        timezone('UTC', timezone(zone, date_trunc('day', timezone(zone, timezone('UTC', now_at))))) as start_at
    from period
),
fee as (
    select coalesce(sum(plan_usd), 0)::decimal(18, 9) as plan_usd
    from period_days
    join today using (day_on)
),
asked as (
    select
        count(*)::bigint                                          as calls,
        coalesce(sum(list_usd), 0)::decimal(18, 9)                as list_usd,
        coalesce(sum(cost_usd), 0)::decimal(18, 9)                as paid_usd,
        count(*) filter (where list_usd is null and result is not null)::bigint as unpriced,
        count(*) filter (where result is null)::bigint            as open_calls,
        max(asked_at)                                             as last_call_at,
        coalesce(sum(baseline_usd), 0)::decimal(18, 9)            as baseline_usd
    from calls
    cross join today
    where asked_at >= start_at
      and kind not in ('probe', 'count_tokens', 'other')
)

select
    calls, list_usd, paid_usd, unpriced, open_calls, last_call_at, plan_usd, baseline_usd,
    (baseline_usd - paid_usd - plan_usd)::decimal(18, 9) as saved_usd

from asked
cross join fee;
