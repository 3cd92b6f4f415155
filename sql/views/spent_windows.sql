-- One row per stretch of time in which a plan window stood spent: from the attempt that it refused first
-- to its reset, or to the first answer that told it open again, if that came before; at most 8 days. Of the stretches that
-- may reach into the period.
-- `touched_hours(stretches)`: one row per row of the CTE or view so named and hour (UTC) that its [blocked_at, open_at) touches:
-- what happened meanwhile is found by the hour first, so that no stretch has to be held against every call or reading.
create or replace view spent_windows as
with stretches as materialized (
    select
        limit_window,
        resets_at,
        min(hit_at) as blocked_at,
        count(*) as hits,
        arg_min(call_id, hit_at) as call_id
    from limit_hits
    where hit_at >= asked_from() - interval 16 day and hit_at < asked_until()
    group by limit_window, resets_at, case when resets_at is null then date_trunc('hour', hit_at) end
),
told_open as not materialized (
    select limit_window, read_at, date_trunc('hour', read_at) as hour_at
    from limit_readings
    where not is_hit and utilization < 1
      and read_at >= asked_from() - interval 16 day and read_at < asked_until() + interval 8 day
),
hourly as (
    select limit_window, hour_at, min(read_at) as read_at
    from told_open
    group by all
),
opened as (
    select limit_window, blocked_at, min(read_at) as opened_at
    from (
        select stretches.limit_window, blocked_at, read_at
        from told_open
        join stretches
          on told_open.limit_window = stretches.limit_window and hour_at = date_trunc('hour', blocked_at)
         and read_at > blocked_at
        union all
        select stretches.limit_window, blocked_at, read_at
        from stretches
        join hourly
          on hourly.limit_window = stretches.limit_window and hour_at > blocked_at
         and read_at < blocked_at + interval 8 day
    )
    group by all
)
select
    limit_window,
    blocked_at,
    least(
        resets_at, opened_at, blocked_at + interval 8 day,
        (select now_at from period)
    ) as open_at,
    resets_at,
    hits,
    call_id
from stretches
left join opened using (limit_window, blocked_at);

create or replace macro touched_hours(stretches) as table
select
    *,
    unnest(generate_series(date_trunc('hour', blocked_at), open_at, interval 1 hour)) as hour_at
from query_table(stretches);
