-- KPI:     routing flow
-- Answers: which work went by which route to which target, and what was it worth?
-- Grain:   one row per kind, route and target, most list value first; finished inference calls
-- Set:     period and filters as in sql/README.md

select
    kind,
    coalesce(route, 'default') as route,
    target,
    role,
    count(*) as calls,
    count(*) filter (result = 'ok') as settled_calls,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd,
    coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline_usd

from period_calls
where is_inference and result is not null
group by all
order by list_usd desc, calls desc, kind, route, target;
