-- KPI:     values to filter by
-- Answers: which projects, kinds, targets and results does the period hold?
-- Grain:   one row per field and value, most calls first; obeys the period, not the filters
-- Set:     period as in sql/README.md

with used as (
    select
        project, kind, result,
        coalesce(provider, '?') as provider, coalesce(answered_model, '?') as answered_model,
        count(*) as calls
    from calls
    cross join period
    where asked_at >= start_at and asked_at < end_at
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
)

select field, named_value, sum(calls)::bigint as calls
from named
where named_value is not null
group by field, named_value
order by field, calls desc, named_value;
