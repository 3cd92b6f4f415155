-- One row per question: the period, clock and time zone that it is asked in.
--   start_at, end_at  TIMESTAMP in UTC, half-open; default: the whole month
--   month             DATE, any day of the month; default: this month
--   zone              VARCHAR such as 'Asia/Tokyo', sets where days begin; default: this machine's zone
--   now               TIMESTAMP in UTC; default: the clock
-- The macros are the same as the columns: a scan bounded by them reads the period's part of a table and no more.
create or replace macro asked_zone() as coalesce(getvariable('zone')::varchar, current_setting('TimeZone'));

create or replace macro asked_now() as coalesce(getvariable('now')::timestamp, timezone('UTC', now()));

create or replace macro asked_month() as date_trunc('month', coalesce(
    getvariable('month')::date, timezone(asked_zone(), timezone('UTC', asked_now()))::date
))::timestamp;

create or replace macro asked_from() as coalesce(
    getvariable('start_at')::timestamp, timezone('UTC', timezone(asked_zone(), asked_month()))
);

create or replace macro asked_until() as coalesce(
    getvariable('end_at')::timestamp,
    timezone('UTC', timezone(asked_zone(), asked_month() + interval 1 month))
);

create or replace macro asked_of_some() as coalesce(
    getvariable('project')::varchar, getvariable('kind')::varchar,
    getvariable('target')::varchar, getvariable('result')::varchar,
    getvariable('session')::varchar, getvariable('search')::varchar,
    getvariable('route')::varchar, getvariable('rule')::varchar, getvariable('cause')::varchar,
    getvariable('model')::varchar, getvariable('provider')::varchar, getvariable('branch')::varchar,
    getvariable('arm')::varchar
) is not null;

create or replace view period as
select
    asked_zone() as zone,
    asked_now() as now_at,
    asked_from() as start_at,
    asked_until() as end_at,
    asked_of_some() as is_filtered;
