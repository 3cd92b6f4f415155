-- One row per local day of the period, up to today, with the plan's fee for that day.
-- The monthly fee is `plan_usd` (variable, else setting, else none), spread evenly over the days of
-- its month, and charged from the day of the ledger's first call on: nothing is known of earlier days.
-- `plan_terms` holds that fee and that day, `fee_on` is the fee of a day.
create or replace macro local_day(at_utc) as timezone(asked_zone(), timezone('UTC', at_utc))::date;

create or replace macro fee_on(day_on, month_usd, ledger_on) as
    case when day_on >= ledger_on then month_usd / date_part('day', last_day(day_on)) else 0 end::decimal(18, 9);

create or replace view plan_terms as
select
    coalesce(
        try_cast(getvariable('plan_usd') as decimal(18, 9)),
        (select try_cast(value as decimal(18, 9)) from settings where name = 'plan_usd'),
        0
    ) as month_usd,
    local_day(least(
        (select min(asked_at) from call_log),
        (select min(asked_at) from transcript_calls where wire_call_id is null),
        (select min(asked_at) from telemetry_calls where known_call_id is null)
    )) as ledger_on;

create or replace view period_days as
with bounds as (
    select local_day(start_at) as first_on, local_day(least(end_at - interval 1 microsecond, now_at)) as last_on
    from period
),
days as (
    select unnest(generate_series(first_on, last_on, interval 1 day))::date as day_on
    from bounds
)
select
    day_on,
    coalesce(day_on >= ledger_on, false) as is_known,
    fee_on(day_on, month_usd, ledger_on) as plan_usd
from days
cross join plan_terms;
