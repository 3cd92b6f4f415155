-- KPI:     daily cost
-- Answers: what did each day cost, by target, against all-Opus?
-- Grain:   one row per local day and target; the plan's fee is a target of its own, named 'plan'
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

with quarters as (
    select
        quarter_at, provider, answered_model, bill,
        count(*) filter (is_inference) as calls,
        sum(cost_usd) as cash_usd,
        sum(list_usd) as list_usd,
        sum(baseline_usd) as baseline_usd
    from period_calls
    group by all
),
spent as (
    select
        timezone(zone, timezone('UTC', quarter_at))::date as day_on,
        coalesce(provider, '?') || '/' || coalesce(answered_model, '?') as target,
        role_of(bill, provider, answered_model) as role,
        calls, cash_usd as paid_usd, list_usd, baseline_usd
    from quarters
    cross join period
    union all by name
    select day_on, 'plan' as target, 'plan' as role, period_days.plan_usd * plan_share as paid_usd
    from period_days
    cross join period_kpis
)

select
    day_on,
    target,
    role,
    coalesce(sum(calls), 0)::bigint as calls,
    coalesce(sum(paid_usd), 0)::decimal(18, 9) as paid_usd,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline_usd,
    coalesce(sum(sum(baseline_usd)) over (partition by day_on), 0)::decimal(18, 9) as day_baseline_usd

from spent
group by day_on, target, role
order by day_on, list_position(['plan', 'opus', 'sonnet', 'haiku', 'openrouter', 'other', 'local'], role), target;
