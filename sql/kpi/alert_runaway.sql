-- KPI:     sessions that run away, for alerts
-- Answers: which session goes on by itself, fails again and again, or spends too fast?
-- Grain:   one row per session and cause, of the last hour; the period and the filters do not apply.
--          `alone`    its main loop made `figure` calls since a person last spoke
--          `failing`  its last `figure` calls all failed, or so many edits, tests or other tools in a row
--          `spending` it spends `figure` dollars of list value an hour, by its last 15 minutes
-- Set:     now  TIMESTAMP in UTC, default: the clock; most_alone, most_failures, most_usd_per_h  as in sql/views/marks.sql

with recent as materialized (
    select
        session_id, project, asked_at, list_usd, is_tool_turn,
        agent_id is null and kind in ('main', 'plan') as is_main_loop,
        result not in ('ok', 'cancelled') as is_failed,
        greatest(coalesce(failures, 0), coalesce(tool_errors, 0)) as failed_tools,
        asked_at > now_at - interval 15 minute as is_latest
    from call_log
    cross join period
    where asked_at > now_at - interval 1 hour
      and asked_at <= now_at
      and session_id is not null
      and kind not in ('probe', 'count_tokens', 'other')
),
sessions as (
    select
        session_id,
        any_value(project) as project,
        max(asked_at) filter (is_main_loop and not is_tool_turn) as spoken_at,
        max(asked_at) filter (not is_failed) as answered_at,
        arg_max(failed_tools, asked_at) filter (is_main_loop) as failed_tools,
        sum(list_usd) filter (is_latest) * 4 as usd_per_h
    from recent
    group by session_id
),
counted as (
    select
        session_id,
        count(*) filter (is_main_loop and asked_at > coalesce(spoken_at, timestamp '0001-01-01')) as alone,
        greatest(
            count(*) filter (is_failed and asked_at > coalesce(answered_at, timestamp '0001-01-01')),
            any_value(sessions.failed_tools)
        ) as failing
    from recent
    join sessions using (session_id)
    group by session_id
),
caused as (
    select session_id, 'alone' as cause, alone::double as figure
    from counted
    cross join marks
    where alone >= most_alone
    union all
    select session_id, 'failing', failing::double
    from counted
    cross join marks
    where failing >= most_failures
    union all
    select session_id, 'spending', usd_per_h::double
    from sessions
    cross join marks
    where usd_per_h >= most_usd_per_h
)

select session_id, coalesce(project, '') as project, cause, figure
from caused
join sessions using (session_id)
order by session_id, cause;
