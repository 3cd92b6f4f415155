-- KPI:     arms of an experiment
-- Answers: what did each arm's tasks cost, and how did they go?
-- Grain:   one row per experiment and arm; money, tokens, calls, escalations and limit hits are per task. Intervals are of
--          95 %, sessions taken as what is independent (view experiment_totals); `propensity` is how likely the arm was.
--          Paid is cash and the part of the plan's fee that the arm's list value takes (view experiment_tasks)
-- Set:     experiment  VARCHAR, its name; default: every experiment; plan_usd  the plan's monthly fee, default: the setting;
--          zone  as in sql/README.md

with counted as (
    select
        experiment, arm, any_value(propensity) as propensity,
        count(*) as tasks, count(distinct session_id) as sessions
    from experiment_tasks
    group by experiment, arm
),
wide as (
    select
        experiment, arm,
        max(mean) filter (measure = 'list_usd') as list_usd,
        max(low) filter (measure = 'list_usd') as list_usd_low,
        max(high) filter (measure = 'list_usd') as list_usd_high,
        max(mean) filter (measure = 'cash_usd') as cash_usd,
        max(low) filter (measure = 'cash_usd') as cash_usd_low,
        max(high) filter (measure = 'cash_usd') as cash_usd_high,
        max(mean) filter (measure = 'paid_usd') as paid_usd,
        max(low) filter (measure = 'paid_usd') as paid_usd_low,
        max(high) filter (measure = 'paid_usd') as paid_usd_high,
        max(mean) filter (measure = 'tokens') as tokens,
        max(mean) filter (measure = 'calls') as calls,
        max(mean) filter (measure = 'escalations') as escalations,
        max(mean) filter (measure = 'limit_hits') as limit_hits,
        max(tasks) filter (measure = 'passed') as known_tasks,
        max(effective_tasks) filter (measure = 'passed') as effective_tasks,
        max(mean) filter (measure = 'passed') as passed_share,
        max(low) filter (measure = 'passed') as passed_low,
        max(high) filter (measure = 'passed') as passed_high
    from experiment_totals
    group by experiment, arm
)

select
    experiment, arm, propensity, counted.tasks, sessions, coalesce(known_tasks, 0)::bigint as known_tasks,
    effective_tasks, passed_share, passed_low, passed_high,
    list_usd, list_usd_low, list_usd_high, paid_usd, paid_usd_low, paid_usd_high,
    cash_usd, cash_usd_low, cash_usd_high,
    wide.tokens, wide.calls, escalations, limit_hits

from counted
join wide using (experiment, arm)
where coalesce(getvariable('experiment')::varchar, experiment) = experiment
order by experiment, arm;
