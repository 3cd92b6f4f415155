-- KPI:     prices used
-- Answers: which price rows is the period's money made of, since when do they hold, and whose word are they?
-- Grain:   one row per price row that priced an attempt, by target and unit; dates are null where the list names none
-- Set:     period as in sql/README.md; obeys the period, not the filters

with used as (
    select price_ids, target, count(*) as attempts
    from attempts
    cross join period
    where started_at >= start_at and started_at < end_at and price_ids is not null
    group by price_ids, target
),
named as (
    select unnest(price_ids) as price_id, target, attempts
    from used
)

select
    price_id,
    string_agg(distinct target, ', ' order by target) as targets,
    any_value(unit) as unit,
    any_value(threshold_tokens) as above_tokens,
    any_value(usd_per_mtok) as usd_per_mtok,
    sum(attempts)::bigint as attempts,
    any_value(valid_from)::date as valid_from_on,
    any_value(valid_to)::date as valid_to_on,
    any_value(source) as source,
    any_value(source_version) as source_version

from named
left join prices using (price_id)
group by price_id
order by targets, unit, above_tokens, price_id;
