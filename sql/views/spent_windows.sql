-- One row per stretch of time in which a plan window stood spent: from the attempt that it refused first
-- to its reset, or to the first answer that told it open again, if that came before; at most 8 days.
create or replace view spent_windows as
with stretches as (
    select
        limit_window,
        resets_at,
        min(hit_at) as blocked_at,
        count(*) as hits,
        arg_min(call_id, hit_at) as call_id
    from limit_hits
    group by limit_window, resets_at, case when resets_at is null then date_trunc('hour', hit_at) end
),
opened as (
    select stretches.limit_window, stretches.blocked_at, min(readings.read_at) as opened_at
    from stretches
    join limit_readings as readings
      on readings.limit_window = stretches.limit_window
     and readings.read_at > stretches.blocked_at
     and readings.read_at < stretches.blocked_at + interval 8 day
     and not readings.is_hit
     and readings.utilization < 1
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
