-- KPI:     monthly cost (target: $200 to $255 a month)
-- Answers: what did we pay, and what would these calls cost at API list price?
-- Grain:   one row for the period; every kind of call counts
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting

select calls, days, plan_share, plan_usd, cash_usd, paid_usd, paid_30d_usd, list_usd, baseline_usd
from period_kpis;
