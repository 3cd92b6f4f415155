-- KPI:     quality (target: at least 98 %)
-- Answers: what share of the tasks with a known outcome went well, and of how many is it known?
-- Grain:   one row per model that tasks began on, and first one named 'all'; shares are null where no outcome
--          is known; `pass_low` and `pass_high` are Wilson's 95 % interval; `hard_tasks` were decided by a review,
--          tests or a commit. `to_opus` divides the pass share by what Opus passed of as difficult work of the
--          same kind: null (not identified) unless Opus has 5 known outcomes in strata that hold 80 % of the tasks
-- Set:     period and filters as in sql/README.md

with known as (
    select
        model, is_hard, outcome, outcome = 'pass' as is_pass,
        difficulty || ' ' || kind as stratum
    from period_tasks
),
opus as (
    select stratum, avg(is_pass::integer) as pass_share
    from known
    where outcome <> 'unknown' and model like '%opus%' and stratum is not null
    group by stratum
    having count(*) >= 5
),
sums as (
    select
        coalesce(model, 'all') as model,
        grouping(model) as is_all,
        count(*) as tasks,
        count(*) filter (outcome <> 'unknown') as known_tasks,
        count(*) filter (outcome <> 'unknown' and is_hard) as hard_tasks,
        count(*) filter (outcome = 'pass') as passed_tasks,
        count(*) filter (outcome = 'pass' and is_hard) as hard_passed_tasks,
        count(*) filter (outcome <> 'unknown' and opus.pass_share is not null) as comparable_tasks,
        avg(is_pass::integer) filter (outcome <> 'unknown' and opus.pass_share is not null) as own_share,
        avg(opus.pass_share) filter (outcome <> 'unknown') as opus_share
    from known
    left join opus using (stratum)
    group by grouping sets ((), (model))
)

select
    model,
    tasks,
    known_tasks,
    known_tasks / nullif(tasks, 0) as coverage,
    hard_tasks,
    passed_tasks,
    hard_passed_tasks,
    passed_tasks / nullif(known_tasks, 0) as pass_share,
    hard_passed_tasks / nullif(hard_tasks, 0) as hard_pass_share,
    case when known_tasks > 0 then greatest(0, (pass_share + 1.9208 / known_tasks
        - 1.96 * sqrt(pass_share * (1 - pass_share) / known_tasks + 0.9604 / (known_tasks * known_tasks)))
        / (1 + 3.8416 / known_tasks)) end as pass_low,
    case when known_tasks > 0 then least(1, (pass_share + 1.9208 / known_tasks
        + 1.96 * sqrt(pass_share * (1 - pass_share) / known_tasks + 0.9604 / (known_tasks * known_tasks)))
        / (1 + 3.8416 / known_tasks)) end as pass_high,
    case when comparable_tasks >= 0.8 * known_tasks then own_share / nullif(opus_share, 0) end as to_opus,
    comparable_tasks

from sums
order by is_all desc, tasks desc, model;
