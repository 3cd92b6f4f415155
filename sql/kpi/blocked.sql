-- KPI:     stretches without the plan
-- Answers: when was a window of the plan spent, for how long, and what did the work cost meanwhile?
-- Grain:   one row per stretch, latest first. Of the whole account: obeys the period, not the filters.
--          Calls, list value and cash are of inference calls that others than the plan answered meanwhile
--          (background work, which leaves the plan anyway, is not counted)
-- Set:     period as in sql/README.md

with stretches as (
    from spent_windows
    where blocked_at >= asked_from() and blocked_at < asked_until()
),
moved as (
    select
        limit_window, blocked_at,
        count(*) as moved_calls,
        sum(list_usd) as list_usd,
        sum(cost_usd) as cash_usd,
        count(distinct session_id) as sessions
    from touched_hours('stretches')
    join calls
      on date_trunc('hour', asked_at) = hour_at and asked_at >= blocked_at and asked_at < open_at
    where asked_at >= asked_from()
      and bill <> 'plan' and result = 'ok' and kind not in ('probe', 'count_tokens', 'other')
      and coalesce(route, '') <> 'background'
    group by all
)

select
    limit_window,
    blocked_at,
    open_at,
    (epoch(open_at - blocked_at) / 60)::double as blocked_minutes,
    hits,
    coalesce(moved_calls, 0) as moved_calls,
    coalesce(sessions, 0) as sessions,
    coalesce(list_usd, 0)::decimal(18, 9) as list_usd,
    coalesce(cash_usd, 0)::decimal(18, 9) as cash_usd,
    call_id,
    resets_at

from stretches
left join moved using (limit_window, blocked_at)
order by blocked_at desc, limit_window;
