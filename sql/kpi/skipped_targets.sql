-- KPI:     targets passed over
-- Answers: which targets of a chain were not asked, and why?
-- Grain:   one row per target and sort of reason, most calls first; `example` is the latest wording
-- Set:     period and filters as in sql/README.md

with passed_over as (
    select asked_at, unnest(from_json(skipped, '[["VARCHAR"]]')) as told
    from period_calls
    where is_inference and rule is not null and skipped is not null
)

select
    told[1] as target,
    told[2] as skip,
    count(*) as calls,
    arg_max(told[3], asked_at) as example,
    max(asked_at) as last_at

from passed_over
group by all
order by calls desc, target, skip;
