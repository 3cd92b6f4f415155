-- KPI:     settled calls (stand-in for code quality, target: at least 98 %)
-- Answers: what share of the calls got a complete answer? A gate cannot see code review, so this says
--          how often work was not interrupted, not how good it was
-- Grain:   one row per route, and first one named 'all'; inference calls only, calls that the user
--          cancelled or that are still open do not count
-- Set:     period and filters as in sql/README.md

select
    coalesce(route, 'all') as route,
    count(*) as calls,
    count(*) filter (result = 'ok') as settled_calls,
    count(*) filter (result = 'ok' and attempts > 1) as rescued_calls,
    count(*) filter (result = 'ok') / nullif(count(*), 0) as settled_share

from period_calls
where is_inference and result <> 'cancelled'
group by grouping sets ((), (route))
order by grouping(route) desc, calls desc, route;
