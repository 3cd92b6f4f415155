-- One row per experiment, arm and measure of a view of tasks (`arm_totals`): a sum over the tasks that have the measure, its
-- mean per task and the interval of 95 % around it. Tasks of one session are not independent, so errors are those of a ratio
-- between sessions. Means have Student's interval by the number of sessions, shares that of Wilson for as many tasks as the
-- sessions are worth. `arm_differences`, of a view of such totals: the arm `other` less `base`, means by Welch over sessions,
-- shares by Newcombe from two Wilson intervals; without two sessions in each arm there is no interval.
create or replace macro t_975(freedom) as
    1.959964 + (1.959964 ^ 3 + 1.959964) / (4 * freedom)
    + (5 * 1.959964 ^ 5 + 16 * 1.959964 ^ 3 + 3 * 1.959964) / (96 * freedom ^ 2);

create or replace macro wilson_low(share, trials) as
    greatest(0, (share + 3.841459 / (2 * trials)
        - 1.959964 * sqrt(share * (1 - share) / trials + 3.841459 / (4 * trials ^ 2))) / (1 + 3.841459 / trials));

create or replace macro wilson_high(share, trials) as
    least(1, (share + 3.841459 / (2 * trials)
        + 1.959964 * sqrt(share * (1 - share) / trials + 3.841459 / (4 * trials ^ 2))) / (1 + 3.841459 / trials));

create or replace macro arm_totals(tasks_view) as table (
    with sessions as (
        select
            experiment, arm, session_id,
            [
                {'measure': 'list_usd', 'amount': sum(list_usd::double), 'tasks': count(list_usd)},
                {'measure': 'cash_usd', 'amount': sum(cash_usd::double), 'tasks': count(cash_usd)},
                {'measure': 'paid_usd', 'amount': sum(paid_usd::double), 'tasks': count(paid_usd)},
                {'measure': 'tokens', 'amount': sum(tokens::double), 'tasks': count(tokens)},
                {'measure': 'calls', 'amount': sum(calls::double), 'tasks': count(calls)},
                {'measure': 'escalations', 'amount': sum(escalations::double), 'tasks': count(escalations)},
                {'measure': 'limit_hits', 'amount': sum(limit_hits::double), 'tasks': count(limit_hits)},
                {
                    'measure': 'passed',
                    'amount': count(*) filter (outcome = 'pass')::double,
                    'tasks': count(*) filter (outcome in ('pass', 'fail'))
                }
            ] as sums
        from query_table(tasks_view)
        group by experiment, arm, session_id
    ),
    by_session as (
        from (select experiment, arm, session_id, unnest(sums, recursive := true) from sessions)
        where tasks > 0
    ),
    means as (
        select
            *,
            sum(amount) over arms / sum(tasks) over arms as mean,
            count(*) over arms as arm_sessions
        from by_session
        window arms as (partition by experiment, arm, measure)
    ),
    errors as (
        select
            experiment, arm, measure,
            any_value(arm_sessions) as sessions,
            sum(tasks) as tasks,
            sum(amount) as total,
            any_value(mean) as mean,
            sqrt(any_value(arm_sessions) / nullif(any_value(arm_sessions) - 1, 0) * sum((amount - mean * tasks) ^ 2))
                / sum(tasks) as error
        from means
        group by experiment, arm, measure
    ),
    worth as (
        select
            *,
            case when measure = 'passed' then
                case when error > 0 then least(tasks, mean * (1 - mean) / error ^ 2) else sessions end
            end as effective_tasks
        from errors
    )
    select
        experiment, arm, measure, sessions, tasks, total, mean, error, effective_tasks,
        case
            when measure = 'passed' then wilson_low(mean, effective_tasks)
            when sessions > 1 then mean - t_975(sessions - 1) * error
        end as low,
        case
            when measure = 'passed' then wilson_high(mean, effective_tasks)
            when sessions > 1 then mean + t_975(sessions - 1) * error
        end as high
    from worth
);

create or replace macro arm_differences(totals_view) as table (
    with paired as (
        select
            experiment, measure,
            max(mean) filter (arm = 'base') as base,
            max(mean) filter (arm = 'other') as other,
            max(low) filter (arm = 'base') as base_low,
            max(high) filter (arm = 'base') as base_high,
            max(low) filter (arm = 'other') as other_low,
            max(high) filter (arm = 'other') as other_high,
            max(error ^ 2) filter (arm = 'base') as base_variance,
            max(error ^ 2) filter (arm = 'other') as other_variance,
            max(sessions) filter (arm = 'base') as base_sessions,
            max(sessions) filter (arm = 'other') as other_sessions
        from query_table(totals_view)
        where arm in ('base', 'other')
        group by experiment, measure
    ),
    welch as (
        select
            *,
            other - base as difference,
            sqrt(base_variance + other_variance) as error,
            (base_variance + other_variance) ^ 2 / nullif(
                base_variance ^ 2 / nullif(base_sessions - 1, 0) + other_variance ^ 2 / nullif(other_sessions - 1, 0), 0
            ) as freedom
        from paired
        where base is not null and other is not null
    ),
    bounded as (
        select
            *,
            case when least(base_sessions, other_sessions) < 2 then null
                 when measure = 'passed' then difference - sqrt((other - other_low) ^ 2 + (base_high - base) ^ 2)
                 else difference - coalesce(t_975(freedom) * error, 0)
            end as low,
            case when least(base_sessions, other_sessions) < 2 then null
                 when measure = 'passed' then difference + sqrt((other_high - other) ^ 2 + (base - base_low) ^ 2)
                 else difference + coalesce(t_975(freedom) * error, 0)
            end as high
        from welch
    )

    select
        experiment, measure, base, other, difference, low, high,
        difference / nullif(base, 0) as relative,
        low / nullif(base, 0) as relative_low,
        high / nullif(base, 0) as relative_high,
        low > 0 or high < 0 as is_certain,
        base_sessions, other_sessions

    from bounded
);
