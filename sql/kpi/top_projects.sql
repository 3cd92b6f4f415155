-- KPI:     projects by value
-- Answers: where does the money go?
-- Grain:   one row per project, dearest first; every kind of call counts; a project's part of the
--          plan's fee is allocated by list value among the calls that the plan answered
-- Set:     period and filters as in sql/README.md; top_rows  default: 7

with projects as (
    select
        project,
        count(*) filter (is_inference) as calls,
        sum(cost_usd) as cash_usd,
        sum(list_usd) as list_usd,
        sum(baseline_usd) as baseline_usd,
        sum(list_usd) filter (bill = 'plan') as plan_list_usd
    from period_calls
    group by project
)

select
    coalesce(project, '') as project,
    projects.calls,
    coalesce(projects.cash_usd, 0)::decimal(18, 9) as cash_usd,
    (coalesce(projects.cash_usd, 0) + period_kpis.plan_usd
        * coalesce(plan_list_usd / nullif(sum(plan_list_usd) over (), 0), 0))::decimal(18, 9) as paid_usd,
    coalesce(projects.list_usd, 0)::decimal(18, 9) as list_usd,
    coalesce(projects.baseline_usd, 0)::decimal(18, 9) as baseline_usd,
    coalesce(projects.list_usd / nullif(sum(projects.list_usd) over (), 0), 0)::double as list_share

from projects
cross join period_kpis
order by projects.list_usd desc nulls last, project
limit coalesce(getvariable('top_rows')::bigint, 7);
