-- One row per question: what the period's calls cost, in every measure. Paid is cash plus the plan's fee; list value
-- is the same usage at API list price; the baseline is that usage on Opus.
-- With a filter set, the fee is shared out by list value among the calls that the plan answered.
create or replace view period_paid as
with asked as (
    select
        count(*) filter (is_inference) as calls,
        coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd,
        coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
        coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline_usd,
        sum(list_usd) filter (bill = 'plan') as plan_list_usd
    from period_calls
),
on_plan as (
    select sum(list_usd) as list_usd
    from calls
    cross join period
    where asked_at >= start_at
      and asked_at < end_at
      and bill = 'plan'
      and is_filtered
),
fee as (
    select coalesce(sum(plan_usd), 0) as plan_usd, count(*) filter (is_known) as days
    from period_days
),
shared as (
    select
        case when is_filtered then coalesce(plan_list_usd / nullif(on_plan.list_usd, 0), 0) else 1 end
            as plan_share
    from asked
    cross join on_plan
    cross join period
)
select
    asked.calls,
    fee.days,
    shared.plan_share,
    (fee.plan_usd * shared.plan_share)::decimal(18, 9) as plan_usd,
    asked.cash_usd,
    (fee.plan_usd * shared.plan_share + asked.cash_usd)::decimal(18, 9) as paid_usd,
    asked.list_usd,
    asked.baseline_usd
from asked
cross join fee
cross join shared;
