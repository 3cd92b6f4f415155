-- KPI:     time without the plan
-- Answers: how long was any window of the plan spent, and what did the work cost meanwhile?
-- Grain:   one row for the period; stretches that overlap count once. Of the whole account: obeys the period,
--          not the filters
--          (background work, which leaves the plan anyway, is not counted)
-- Set:     period as in sql/README.md

with stretches as (
    select blocked_at, open_at,
        max(open_at) over (order by blocked_at rows between unbounded preceding and 1 preceding) as before_at
    from spent_windows
    cross join period
    where blocked_at >= start_at and blocked_at < end_at
),
numbered as (
    select blocked_at, open_at, count(*) filter (before_at is null or blocked_at > before_at) over (order by blocked_at, open_at)
        as island
    from stretches
),
islands as materialized (
    select min(blocked_at) as blocked_at, max(open_at) as open_at
    from numbered
    group by island
),
moved as (
    select count(*) as moved_calls, sum(cost_usd) as cash_usd
    from touched_hours('islands')
    join calls
      on date_trunc('hour', asked_at) = hour_at and asked_at >= blocked_at and asked_at < open_at
    where asked_at >= asked_from()
      and bill <> 'plan' and result = 'ok' and kind not in ('probe', 'count_tokens', 'other')
      and coalesce(route, '') <> 'background'
),
hits as (
    select count(*) as hits
    from limit_hits
    cross join period
    where hit_at >= start_at and hit_at < end_at
)

select
    any_value(hits.hits) as hits,
    count(islands.blocked_at) as stretches,
    (coalesce(sum(epoch(open_at - islands.blocked_at)), 0) / 60)::double as blocked_minutes,
    any_value(moved_calls) as moved_calls,
    coalesce(any_value(moved.cash_usd), 0)::decimal(18, 9) as cash_usd

from hits
cross join moved
left join islands on true;
