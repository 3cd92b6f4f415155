-- KPI:     what a change of policy did
-- Answers: after a policy took another's place, was a task cheaper or dearer, better or worse, and how sure is that?
-- Grain:   one row per change and measure, latest first: list_usd, cash_usd and limit_hits per task, and passed, a share of the
--          tasks with an outcome. `before` and `after` are of equally long times, half-open; low and high bound the difference
--          (95 %, sessions taken as independent) and are null with fewer than two sessions on a side. A change with no task
--          on one side has one row, without a measure. A plan's fee is the same on both sides and not in it
-- Set:     period and filters as in sql/README.md; times are cut at the period's ends

with totals as materialized (
    from policy_totals
),
sides as (
    select
        experiment,
        sum(tasks) filter (arm = 'base') as before_tasks,
        sum(tasks) filter (arm = 'other') as after_tasks
    from totals
    where measure = 'calls'
    group by experiment
)

select
    policy_version,
    before_version,
    applied_at,
    days,
    coalesce(before_tasks, 0)::bigint as before_tasks,
    coalesce(after_tasks, 0)::bigint as after_tasks,
    measure,
    base as before,
    other as after,
    difference,
    low,
    high,
    relative,
    is_certain

from policy_changes
left join sides on sides.experiment = change
left join arm_differences('totals') as gaps
  on gaps.experiment = change and measure in ('list_usd', 'cash_usd', 'passed', 'limit_hits')
order by applied_at desc, list_position(['list_usd', 'cash_usd', 'passed', 'limit_hits'], measure);
