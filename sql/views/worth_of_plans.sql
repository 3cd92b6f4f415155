-- One row per finding about the plan: what another plan, or none, would cost less in 30 days. Of the whole account, so
-- none while a filter is set; none while the period knows fewer than 14 days, or no fee (`plan_usd`). Plans are those of `plans`, by their size.
--   plan_api      the plan's calls cost less at list price than the plan's fee
--   plan_smaller  no window was ever fuller than the next smaller plan would hold, up to `most_full` (`marks`)
--   plan_larger   the cash that calls cost while a window was spent exceeds what the next larger plan costs more
-- `break_even_usd` is what the deciding sum must pass for the present plan to be right.
create or replace view worth_of_plans as
with plan as (
    select fee_usd, days, 30.0 / days as scale
    from (
        select
            coalesce(
                try_cast(getvariable('plan_usd') as decimal(18, 9)),
                (select try_cast(value as decimal(18, 9)) from settings where name = 'plan_usd')
            ) as fee_usd,
            (select count(*) filter (is_known) from period_days) as days
    )
    cross join period
    where fee_usd > 0 and days >= 14 and not is_filtered
),
ladder as (
    select usd as less_usd, lead(usd) over sizes as more_usd, multiple / lead(multiple) over sizes as share
    from (
        from plans
        where multiple is not null and valid_from <= asked_now()
        qualify row_number() over (partition by name order by valid_from desc) = 1
    )
    window sizes as (order by multiple, usd)
),
used as (
    select sum(list_usd) as list_usd, count(*) as calls
    from period_calls
    where bill = 'plan' and result = 'ok'
),
peak as (
    select max(utilization) as utilization
    from limit_readings
    cross join period
    where read_at >= start_at and read_at < end_at and provider = 'max'
),
moved as (
    select sum(cost_usd) as cash_usd, count(*) as calls
    from unplanned_calls
)
select 'plan_api' as finding, used.calls, (fee_usd - list_usd * scale)::decimal(18, 9) as usd_per_month,
    fee_usd as break_even_usd, (list_usd * scale)::decimal(18, 9) as found_usd
from used
cross join plan
where list_usd * scale < fee_usd
union all
select 'plan_smaller', used.calls, (fee_usd - less_usd)::decimal(18, 9), null, null
from plan
join ladder on more_usd = fee_usd
cross join peak
cross join used
cross join marks
where utilization < most_full * share
union all
select 'plan_larger', moved.calls, (cash_usd * scale - (more_usd - less_usd))::decimal(18, 9),
    (more_usd - less_usd)::decimal(18, 9), (cash_usd * scale)::decimal(18, 9)
from plan
join ladder on less_usd = fee_usd
cross join moved
where cash_usd * scale > more_usd - less_usd;
