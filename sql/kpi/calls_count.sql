-- KPI:     calls, summed
-- Answers: how many calls pass the filters, and what are they worth?
-- Grain:   one row; inference calls only unless any_kind is true
-- Set:     period and filters as in sql/README.md; any_kind  default: false; page_rows  default: 50

select
    count(*) as calls,
    greatest(ceil(count(*) / coalesce(getvariable('page_rows')::bigint, 50)), 1)::bigint as pages,
    count(*) filter (result not in ('ok', 'cancelled')) as failed_calls,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(cost_usd), 0)::decimal(18, 9) as cash_usd

from period_calls
where is_inference or coalesce(getvariable('any_kind')::boolean, false);
