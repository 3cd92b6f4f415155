-- KPI:     values to filter by
-- Answers: which projects, kinds, routes, rules, targets, results and causes of failure does the period hold?
-- Grain:   one row per field and value, most calls first; obeys the period, not the filters
-- Set:     period as in sql/README.md

with used as (
    select
        project, kind, result, coalesce(route, 'default') as route, rule,
        coalesce(provider, '?') as provider, coalesce(answered_model, '?') as answered_model,
        count(*) as calls
    from calls
    where asked_at >= asked_from() and asked_at < asked_until()
    group by all
),
named as (
    select 'project' as field, coalesce(project, '') as named_value, calls from used
    union all
    select 'kind', kind, calls from used
    union all
    select 'target', provider || '/' || answered_model, calls from used
    union all
    select 'result', result, calls from used
    union all
    select 'route', route, calls from used
    union all
    select 'rule', rule, calls from used
    union all
    select 'cause', result, count(distinct call_id)
    from attempts
    where started_at >= asked_from() and started_at < asked_until() and result not in ('ok', 'cancelled')
    group by result
)

select field, named_value, sum(calls)::bigint as calls
from named
where named_value is not null
group by field, named_value
order by field, calls desc, named_value;
