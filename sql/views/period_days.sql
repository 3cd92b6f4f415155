-- One row per local day of the period, up to today, with the plan's fee for that day.
-- The monthly fee is `plan_usd` (variable, else setting, else none), spread evenly over the days of
-- its month, and charged from the day of the ledger's first call on: nothing is known of earlier days.
create or replace view period_days as
with fee as (
    select coalesce(
        try_cast(getvariable('plan_usd') as decimal(18, 9)),
        (select try_cast(value as decimal(18, 9)) from settings where name = 'plan_usd'),
        0
    ) as month_usd
),
bounds as (
    select
        timezone(zone, timezone('UTC', start_at))::date as first_on,
        timezone(zone, timezone('UTC', least(end_at - interval 1 microsecond, now_at)))::date as last_on,
        timezone(zone, timezone('UTC', least(
            (select min(asked_at) from call_log),
            (select min(asked_at) from transcript_calls where wire_call_id is null),
            (select min(asked_at) from telemetry_calls where known_call_id is null)
        )))::date as ledger_on
    from period
),
days as (
    select unnest(generate_series(first_on, last_on, interval 1 day))::date as day_on, ledger_on
    from bounds
)
select
    day_on,
    coalesce(day_on >= ledger_on, false) as is_known,
    case
        when day_on >= ledger_on then month_usd / date_part('day', last_day(day_on))
        else 0
    end::decimal(18, 9) as plan_usd
from days
cross join fee;
