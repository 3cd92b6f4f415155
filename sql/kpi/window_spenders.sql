-- KPI:     who spent the plan
-- Answers: which sessions filled each window of the plan since it opened?
-- Grain:   one row per live plan window and session, most list value first within a window, `top_rows` of each;
--          the period and the filters do not apply. `spent_share` is the session's part of what the plan answered
--          by list value, `window_share` that part of the window: how a window is weighed is not published
-- Set:     now  TIMESTAMP in UTC, default: the clock; top_rows  default: 5

with live as (
    select
        limit_window,
        arg_max(utilization, read_at) as utilization,
        arg_max(resets_at, read_at) as resets_at
    from limit_readings
    cross join period
    where read_at > now_at - interval 8 day
      and read_at <= now_at
      and utilization is not null
      and limit_window not in ('requests', 'tokens', 'input_tokens', 'output_tokens')
    group by limit_window
),
opened as materialized (
    select
        limit_window,
        utilization,
        resets_at - case when limit_window = 'five_hour' then interval 5 hour else interval 7 day end as opened_at,
        resets_at
    from live
    cross join period
    where resets_at > now_at
),
spent as (
    select
        limit_window, utilization, opened_at, session_id,
        any_value(project) as project,
        mode(answered_model) as model,
        count(*) as calls,
        sum(output_tokens)::bigint as output_tokens,
        sum(list_usd) as list_usd
    from opened
    join calls on asked_at >= opened_at and asked_at < resets_at
    where bill = 'plan' and result = 'ok'
      and (limit_window not like 'seven\_day\_%' escape '\' or contains(answered_model, split_part(limit_window, '_', 3)))
    group by all
)

select
    limit_window,
    coalesce(spent.project, '') as project,
    spent.session_id,
    title,
    model,
    calls,
    output_tokens,
    coalesce(list_usd, 0)::decimal(18, 9) as list_usd,
    (list_usd / nullif(sum(list_usd) over (partition by limit_window), 0))::double as spent_share,
    (utilization * list_usd / nullif(sum(list_usd) over (partition by limit_window), 0))::double as window_share,
    opened_at

from spent
left join session_facts using (session_id)
qualify row_number() over (partition by limit_window order by list_usd desc nulls last, spent.session_id)
    <= coalesce(getvariable('top_rows')::bigint, 5)
order by limit_window, list_usd desc nulls last, session_id;
