-- KPI:     failed attempts per day
-- Answers: when did targets fail, and how?
-- Grain:   one row per local day and cause; days without a failure have none
-- Set:     period and filters as in sql/README.md

select
    timezone(zone, timezone('UTC', started_at))::date as day_on,
    cause,
    count(*) as attempts,
    count(distinct call_id) filter (result = 'ok') as rescued_calls

from period_failures
cross join period
group by all
order by day_on, cause;
