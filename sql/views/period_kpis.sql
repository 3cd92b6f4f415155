-- One row per question: what the period's calls cost in every measure, and how they were answered.
-- Paid is cash plus the plan's fee; list value is the same usage at API list price; the baseline is that
-- usage on Opus. With a filter set, the fee is shared out by list value among the calls that the plan
-- answered. Money is of every call; shares are of inference calls.
create or replace view period_kpis as
with asked as (
    select
        count(*) filter (is_inference) as calls,
        coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd,
        coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
        coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline_usd,
        sum(list_usd) filter (bill = 'plan') as plan_list_usd,
        count(*) filter (is_inference and result <> 'cancelled') as settleable_calls,
        count(*) filter (is_inference and result = 'ok') as answered_calls,
        count(*) filter (is_inference and result = 'ok' and bill = 'local') as local_calls,
        sum(cache_read_tokens) filter (is_inference) as cache_read_tokens,
        sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)
            filter (is_inference) as prompt_tokens
    from period_calls
),
on_plan as (
    select sum(list_usd) as list_usd
    from calls
    where asked_at >= asked_from() and asked_at < asked_until() and bill = 'plan' and asked_of_some()
),
fee as (
    select coalesce(sum(plan_usd), 0) as plan_usd, count(*) filter (is_known) as days
    from period_days
),
shared as (
    select
        asked.*,
        days,
        case when asked_of_some() then coalesce(plan_list_usd / nullif(on_plan.list_usd, 0), 0) else 1 end
            as plan_share,
        (fee.plan_usd * plan_share)::decimal(18, 9) as plan_usd,
        (fee.plan_usd * plan_share + cash_usd)::decimal(18, 9) as paid_usd
    from asked
    cross join on_plan
    cross join fee
)
select
    calls,
    days,
    plan_share,
    plan_usd,
    cash_usd,
    paid_usd,
    (paid_usd * 30 / nullif(days, 0))::decimal(18, 9) as paid_30d_usd,
    list_usd,
    baseline_usd,
    (baseline_usd - paid_usd)::decimal(18, 9) as saved_usd,
    ((baseline_usd - paid_usd) / nullif(baseline_usd, 0))::double as reduction,
    ((baseline_usd - list_usd) / nullif(baseline_usd, 0))::double as list_reduction,
    settleable_calls,
    answered_calls / nullif(settleable_calls, 0) as settled_share,
    answered_calls,
    local_calls,
    local_calls / nullif(answered_calls, 0) as local_share,
    cache_read_tokens::bigint as cache_read_tokens,
    prompt_tokens::bigint as prompt_tokens,
    cache_read_tokens / nullif(prompt_tokens, 0) as prompt_cache_share,
    null::double as response_cache_share
from shared;
