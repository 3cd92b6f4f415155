-- KPI:     cost reduction against all-Opus at list price (target: 47 to 58 %)
-- Answers: how much less did we pay than the same usage on Opus through the API?
-- Grain:   one row for the period; null where nothing has a baseline
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

select paid_usd, baseline_usd, saved_usd, reduction, list_reduction
from period_kpis;
