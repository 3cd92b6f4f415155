-- KPI:     rules used
-- Answers: what did each rule of the policy take, where did it send it, and did it go well?
-- Grain:   one row per rule and route, most calls first; finished inference calls; an empty rule is of calls
--          that were relayed as asked, or are known from transcripts only
-- Set:     period and filters as in sql/README.md

select
    coalesce(rule, '') as rule,
    coalesce(route, 'default') as route,
    count(*) as calls,
    (count(*) / nullif(sum(count(*)) over (), 0))::double as calls_share,
    count(*) filter (result = 'ok') / nullif(count(*) filter (result <> 'cancelled'), 0) as settled_share,
    count(*) filter (attempts > 1 and result = 'ok') as rescued_calls,
    count(*) filter (contains(reason, 'escalated:')) as escalated_calls,
    count(*) filter (starts_with(reason, 'held:')) as held_calls,
    avg(complexity) as mean_complexity,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd

from period_calls
where is_inference and result is not null
group by all
order by calls desc, rule, route;
