-- KPI:     cash of the day and of the month, for alerts
-- Answers: what was owed in cash so far today, and so far this month?
-- Grain:   two rows, span `day` and `month`, with the local day on which each began; every call counts,
--          the period and the filters do not apply
-- Set:     zone and now as in sql/README.md

with spans as (
    select zone, unnest(['day', 'month']) as span, timezone(zone, timezone('UTC', now_at)) as now_here
    from period
),
begun as (
    select span, date_trunc(span, now_here)::date as start_on,
           timezone('UTC', timezone(zone, date_trunc(span, now_here)::timestamp)) as start_at
    from spans
)

select
    span,
    start_on,
    coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd

from begun
left join calls on asked_at >= start_at
group by span, start_on
order by span;
