-- KPI:     sessions
-- Answers: which sessions were dear, long, recent or in trouble, and how did they go?
-- Grain:   one row per session, first by `order_by`; every kind of call bears money, `calls` are of inference;
--          `failed_attempts` did not answer, `failed_calls` got no answer at all (cancelling is no failure);
--          `outcome` is the latest review's; `passed_tasks` of `known_tasks` went well; `every_…` counts those beyond
--          `top_rows` too
-- Set:     period and filters as in sql/README.md; order_by  list_usd (default), calls, last_at, failed_attempts,
--          outcome (bad ones first); title  VARCHAR, part of a title, in any case; top_rows  default: 200

with named as (
    select session_id, title
    from session_facts
),
sums as (
    select
        session_id,
        any_value(coalesce(project, '')) as project,
        any_value(coalesce(git_branch, '')) as branch,
        any_value(title) as title,
        count(*) filter (is_inference) as calls,
        count(distinct agent_id) as agents,
        count(distinct answered_model) as models,
        sum(list_usd)::decimal(18, 9) as list_usd,
        sum(cost_usd)::decimal(18, 9) as cash_usd,
        sum(greatest(attempts - (result in ('ok', 'cancelled'))::integer, 0))::bigint as failed_attempts,
        count(*) filter (result not in ('ok', 'cancelled')) as failed_calls,
        max(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens) as longest_prompt_tokens,
        min(asked_at) as first_at,
        max(asked_at) as last_at
    from period_calls
    left join named using (session_id)
    where session_id is not null
      and (
          getvariable('title') is null
          or contains(lower(coalesce(title, '')), lower(getvariable('title')::varchar))
      )
    group by session_id
),
ranked as (
    select
        sums.*, verdict as outcome,
        count(*) over () as every_sessions,
        (sum(list_usd) over ())::decimal(18, 9) as every_list_usd,
        row_number() over (
            order by
                case coalesce(getvariable('order_by')::varchar, 'list_usd')
                    when 'calls' then calls
                    when 'last_at' then epoch(last_at)
                    when 'failed_attempts' then failed_attempts
                    when 'outcome' then case verdict when 'fail' then 2 when 'pass' then 1 else 0 end
                    else list_usd
                end desc nulls last,
                list_usd desc nulls last, session_id
        ) as place
    from sums
    left join session_verdicts using (session_id)
    qualify place <= coalesce(getvariable('top_rows')::bigint, 200)
),
tasks as (
    select
        session_id,
        count(*) filter (outcome <> 'unknown') as known_tasks,
        count(*) filter (outcome = 'pass') as passed_tasks
    from task_signals
    where session_id in (select session_id from ranked)
    group by session_id
)

select
    session_id, project, branch, title, calls, agents, models, list_usd, cash_usd, failed_attempts, failed_calls,
    longest_prompt_tokens::bigint as longest_prompt_tokens,
    outcome, coalesce(known_tasks, 0) as known_tasks, coalesce(passed_tasks, 0) as passed_tasks,
    epoch(last_at - first_at)::bigint as span_s, first_at, last_at, every_sessions, every_list_usd

from ranked
left join tasks using (session_id)
order by place;
