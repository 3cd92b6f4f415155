-- KPI:     differences between an experiment's arms
-- Answers: is the other arm cheaper or dearer, better or worse, and how sure is that?
-- Grain:   one row per experiment and measure (list_usd, paid_usd, cash_usd, tokens, calls, escalations, limit_hits per task; passed,
--          a share of the tasks with an outcome): other less base, with the interval of 95 %. Means by Welch over sessions,
--          shares by Newcombe from two Wilson intervals for as many tasks as the sessions are worth; `relative`, `relative_low`
--          and `relative_high` are of base. Without two sessions in each arm the interval is null
-- Set:     experiment  VARCHAR, its name; default: every experiment; plan_usd, zone  as in experiment_arms.sql

select
    experiment, measure, base, other, difference, low, high,
    relative, relative_low, relative_high, is_certain,
    base_sessions, other_sessions

from arm_differences('experiment_totals')
where coalesce(getvariable('experiment')::varchar, experiment) = experiment
order by experiment, list_position(
    ['list_usd', 'paid_usd', 'cash_usd', 'passed', 'tokens', 'calls', 'escalations', 'limit_hits'], measure
);
