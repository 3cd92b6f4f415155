-- KPI:     limit hits (target: fewer than 5 a month)
-- Answers: how often did a spent limit window of the plan stop us?
-- Grain:   one row per limit window, and first one named 'all' for the sum
-- Set:     period and filters as in sql/README.md; a filter drops hits that belong to no known call

with known as (
    select count(*) filter (is_known) as days from period_days
)

select
    coalesce(limit_window, 'all') as limit_window,
    count(hit_at) as hits,
    count(hit_at) * 30 / nullif(any_value(days), 0) as hits_30d,
    min(hit_at) as first_hit_at,
    max(hit_at) as last_hit_at

from known
left join period_hits on true
group by grouping sets ((), (limit_window))
having grouping(limit_window) = 1 or count(hit_at) > 0
order by grouping(limit_window) desc, hits desc, limit_window;
