-- KPI:     sessions by value
-- Answers: which sessions were dear, and when did they work?
-- Grain:   one row per session, dearest at list price first; every kind of call counts;
--          `course_usd` is its list value in each twenty-fourth of its time, first call to last
-- Set:     period and filters as in sql/README.md; top_rows  default: 7

with sessions as (
    select
        session_id,
        any_value(project) as project,
        count(*) filter (is_inference) as calls,
        sum(cost_usd) as cash_usd,
        sum(list_usd) as list_usd,
        min(asked_at) as first_at,
        max(asked_at) as last_at
    from period_calls
    where session_id is not null
    group by session_id
    order by list_usd desc nulls last, session_id
    limit coalesce(getvariable('top_rows')::bigint, 7)
),
slices as (
    select
        calls.session_id,
        least(
            floor(24 * epoch(calls.asked_at - sessions.first_at)
                / greatest(epoch(sessions.last_at - sessions.first_at), 1)),
            23
        )::bigint as slice_no,
        sum(calls.list_usd) as list_usd
    from period_calls as calls
    join sessions using (session_id)
    group by all
),
courses as (
    select session_id, list(coalesce(slices.list_usd, 0)::double order by slice_no) as course_usd
    from sessions
    cross join range(24) as every_slice(slice_no)
    left join slices using (session_id, slice_no)
    group by session_id
)

select
    session_id,
    coalesce(sessions.project, '') as project,
    session_facts.title,
    calls,
    coalesce(cash_usd, 0)::decimal(18, 9) as cash_usd,
    coalesce(list_usd, 0)::decimal(18, 9) as list_usd,
    course_usd,
    sessions.first_at,
    sessions.last_at

from sessions
left join courses using (session_id)
left join session_facts using (session_id)
order by list_usd desc, session_id;
