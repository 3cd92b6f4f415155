-- KPI:     experiments
-- Answers: which experiments took in calls of the period, how far are they, how many tasks do they still need?
-- Grain:   one row per experiment, latest call first, each counted whole. `tasks_needed` are the tasks still to come, over
--          both arms, until a difference of `detect` in the share of passed tasks is found 4 times of 5 (two-sided, 5 %):
--          by the share passed so far, by how much of the outcomes is known, and by how much sessions repeat themselves.
--          Null until an outcome is known
-- Set:     period, project as in sql/README.md; detect  DOUBLE, default: 0.05

with met as (
    select experiment
    from period_calls
    where experiment is not null
    group by experiment
),
spans as (
    select experiment, min(asked_at) as began_at, max(asked_at) as last_call_at, count(*) as calls
    from experiment_calls
    group by experiment
),
tasks as (
    select
        experiment,
        count(*) as tasks,
        count(*) filter (arm = 'other') as other_tasks,
        count(*) filter (outcome <> 'unknown') as known_tasks,
        count(distinct session_id) as sessions
    from experiment_tasks
    group by experiment
),
passed as (
    select
        experiment,
        sum(total) / sum(tasks) as share,
        greatest(coalesce(getvariable('detect')::double, 0.05), 0.005) as detect,
        sum(tasks) / nullif(sum(effective_tasks), 0) as repeated
    from experiment_totals
    where measure = 'passed'
    group by experiment
),
power as (
    select
        *,
        greatest(share - detect, 0.0) as worse,
        (share + greatest(share - detect, 0.0)) / 2 as middle
    from passed
),
needs as (
    select
        experiment,
        detect,
        2 * repeated * (
            1.959964 * sqrt(2 * middle * (1 - middle))
            + 0.841621 * sqrt(share * (1 - share) + worse * (1 - worse))
        ) ^ 2 / detect ^ 2 as known_needed
    from power
)

select
    experiment, began_at, last_call_at, calls, sessions, tasks, other_tasks, known_tasks,
    known_tasks / tasks as known_share,
    greatest(coalesce(getvariable('detect')::double, 0.05), 0.005) as detect,
    ceil(known_needed)::bigint as known_needed,
    ceil(greatest(known_needed - known_tasks, 0) * tasks / nullif(known_tasks, 0))::bigint as tasks_needed

from met
join spans using (experiment)
join tasks using (experiment)
left join needs using (experiment)
order by last_call_at desc, experiment;
