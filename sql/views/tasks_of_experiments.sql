-- One row per task and arm of an experiment; `outcome` is as `decided_outcome` decides. Money is null where a call of the task
-- has no price. `paid_usd` is cash and a part of the plan's fee: that of the days on which the experiment took in calls, first to
-- last, shared out by list value among all calls that the plan answered on them.
create or replace view experiment_tasks as
with tasks as (
    select
        experiment, arm, session_id, agent, task,
        any_value(propensity) as propensity,
        min(asked_at) as began_at, max(asked_at) as ended_at,
        arg_min(complexity, asked_at) as complexity,
        count(*) as calls,
        case when count(list_usd) = count(*) then sum(list_usd) end as list_usd,
        case when count(cost_usd) = count(*) then sum(cost_usd) end as cash_usd,
        case when count(list_usd) = count(*) then coalesce(sum(list_usd) filter (bill = 'plan'), 0) end as plan_list_usd,
        sum(tokens) as tokens,
        sum(limit_hits) as limit_hits,
        count(*) filter (is_escalated) as escalations,
        arg_max(verdict, asked_at) as of_call,
        any_value(outcome) as signal,
        bool_or(is_hard) as is_hard,
        arg_min(trouble, asked_at) as trouble
    from experiment_calls
    left join call_verdicts using (call_id)
    group by experiment, arm, session_id, agent, task
),
spans as materialized (
    select experiment, local_day(min(asked_at)) as first_on, local_day(max(asked_at)) as last_on
    from experiment_calls
    group by experiment
),
answered as (
    select local_day(quarter_at) as day_on, sum(list_usd) as list_usd
    from (
        select time_bucket(interval 15 minute, asked_at) as quarter_at, sum(list_usd) as list_usd
        from calls
        where bill = 'plan' and asked_at >= (select min(asked_at) - interval 2 day from experiment_calls)
        group by quarter_at
    )
    group by day_on
),
fees as (
    select
        experiment,
        coalesce(sum(fee_on(day_on, month_usd, ledger_on))::double / nullif(sum(list_usd), 0), 0) as per_list_usd
    from (
        select experiment, unnest(generate_series(first_on, last_on, interval 1 day))::date as day_on
        from spans
    )
    left join answered using (day_on)
    cross join plan_terms
    group by experiment
),
placed as (
    select *, agent = '' and row_number() over (partition by session_id, agent order by began_at desc, task desc) = 1 as is_last
    from tasks
)
select
    placed.* exclude (of_call, signal, is_hard, trouble, is_last, plan_list_usd),
    (cash_usd + plan_list_usd * per_list_usd)::decimal(18, 9) as paid_usd,
    decided_outcome(of_call, verdict, is_last, signal, is_hard, null, trouble, null).outcome as outcome
from placed
join fees using (experiment)
left join session_verdicts using (session_id);
