-- KPI:     paid by who answered
-- Answers: what did the plan, each model family and each kind of provider cost us?
-- Grain:   one row per role (plan, opus, sonnet, haiku, openrouter, other, local) that was paid or used
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

with paid as materialized (
    select plan_usd, greatest(paid_usd, baseline_usd) as bar_usd
    from period_kpis
),
targets as (
    select
        provider, answered_model, bill,
        count(*) filter (is_inference) as calls,
        coalesce(sum(cost_usd), 0) as paid_usd,
        coalesce(sum(list_usd), 0) as list_usd
    from period_calls
    group by all
),
used as (
    select role_of(bill, provider, answered_model) as role, calls, paid_usd, list_usd
    from targets
    union all
    select 'plan', 0, plan_usd, 0
    from paid
)

select
    role,
    sum(calls)::bigint as calls,
    sum(paid_usd)::decimal(18, 9) as paid_usd,
    sum(list_usd)::decimal(18, 9) as list_usd,
    (sum(paid_usd) / nullif((select bar_usd from paid), 0))::double as bar_share

from used
group by role
having sum(calls) > 0 or sum(paid_usd) > 0
order by list_position(['plan', 'opus', 'sonnet', 'haiku', 'openrouter', 'other', 'local'], role);
