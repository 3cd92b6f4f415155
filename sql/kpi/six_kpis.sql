-- KPI:     the six KPIs at once
-- Answers: are we on goal?
-- Grain:   one row for the period; the same numbers as monthly_cost, cost_reduction, settled_rate,
--          limit_hits, local_share and cache_hit_rate, read in one pass
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

with hits as (
    select count(*) as limit_hits
    from period_hits
)

select
    calls, days,
    plan_usd, cash_usd, paid_usd, paid_30d_usd, list_usd, baseline_usd, saved_usd, reduction,
    settled_share, local_share, prompt_cache_share, response_cache_share,
    limit_hits, limit_hits * 30 / nullif(days, 0) as limit_hits_30d

from period_kpis
cross join hits;
