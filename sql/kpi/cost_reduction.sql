-- KPI:     cost reduction against all-Opus at list price (target: 47 to 58 %)
-- Answers: how much less did we pay than the same usage on Opus through the API?
-- Grain:   one row for the period; null where nothing has a baseline
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

select
    paid_usd,
    baseline_usd,
    (baseline_usd - paid_usd)::decimal(18, 9) as saved_usd,
    ((baseline_usd - paid_usd) / nullif(baseline_usd, 0))::double as reduction,
    ((baseline_usd - list_usd) / nullif(baseline_usd, 0))::double as list_reduction

from period_paid;
