-- KPI:     policies that were in force
-- Answers: which versions of the policy routed the period's calls, and how did each do?
-- Grain:   one row per version, latest first; versions without a call in the period are left out
-- Set:     period and filters as in sql/README.md

with applied as (
    select policy_version, min(applied_at) as applied_at
    from policy_log
    group by policy_version
)

select
    policy_version,
    applied_at,
    count(*) as calls,
    count(*) filter (result = 'ok') / nullif(count(*) filter (result <> 'cancelled'), 0) as settled_share,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd,
    coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline_usd,
    min(asked_at) as first_call_at,
    max(asked_at) as last_call_at

from period_calls
left join applied using (policy_version)
where is_inference and rule is not null
group by all
order by last_call_at desc, policy_version;
