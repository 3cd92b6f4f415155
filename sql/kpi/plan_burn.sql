-- KPI:     burn rate of the plan
-- Answers: how much of the plan did each project use, hour by hour?
-- Grain:   one row per hour and project, oldest first: list value of what the plan answered
-- Set:     period and filters as in sql/README.md

select
    date_trunc('hour', timezone(zone, timezone('UTC', quarter_at))) as hour_at,
    coalesce(project, '') as project,
    count(*) as calls,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd

from period_calls
cross join period
where bill = 'plan' and result = 'ok'
group by all
order by hour_at, list_usd desc, project;
