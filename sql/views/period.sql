-- One row per question: the period, clock and time zone that it is asked in.
--   start_at, end_at  TIMESTAMP in UTC, half-open; default: the whole month
--   month             DATE, any day of the month; default: this month
--   zone              VARCHAR such as 'Asia/Tokyo', sets where days begin; default: this machine's zone
--   now               TIMESTAMP in UTC; default: the clock
create or replace view period as
with clock as (
    select
        coalesce(getvariable('zone')::varchar, current_setting('TimeZone')) as zone,
        coalesce(getvariable('now')::timestamp, timezone('UTC', now())) as now_at
),
calendar as (
    select
        zone,
        now_at,
        date_trunc('month', coalesce(
            getvariable('month')::date,
            timezone(zone, timezone('UTC', now_at))::date
        ))::timestamp as month_on
    from clock
)
select
    zone,
    now_at,
    coalesce(
        getvariable('start_at')::timestamp, timezone('UTC', timezone(zone, month_on))
    ) as start_at,
    coalesce(
        getvariable('end_at')::timestamp, timezone('UTC', timezone(zone, month_on + interval 1 month))
    ) as end_at,
    coalesce(
        getvariable('project')::varchar, getvariable('kind')::varchar,
        getvariable('target')::varchar, getvariable('result')::varchar,
        getvariable('session')::varchar, getvariable('search')::varchar
    ) is not null as is_filtered
from calendar;
