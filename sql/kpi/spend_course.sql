-- KPI:     spend over time
-- Answers: what did each day cost, by what you choose?
-- Grain:   one row per local day and value of `dimension`; a null value is all but the six with the most list value
-- Set:     period, filters and `dimension` as in spend_by.sql

with quarters as (
    select
        quarter_at, named_value,
        count(*) filter (is_inference) as calls,
        sum(list_usd) as list_usd,
        sum(cost_usd) as cash_usd,
        sum(prompt_tokens + output_tokens) as tokens
    from period_spend
    group by all
),
first_ones as (
    select named_value, row_number() over (order by sum(list_usd) desc nulls last, named_value) as place
    from quarters
    group by named_value
)

select
    timezone(zone, timezone('UTC', quarter_at))::date as day_on,
    case when place <= 6 then quarters.named_value end as named_value,
    least(place, 7) as place,
    sum(calls)::bigint as calls,
    coalesce(sum(list_usd), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(cash_usd), 0)::decimal(18, 9) as cash_usd,
    coalesce(sum(tokens), 0)::bigint as tokens

from quarters
join first_ones using (named_value)
cross join period
group by all
order by place, day_on;
