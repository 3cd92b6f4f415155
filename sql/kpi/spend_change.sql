-- KPI:     what changed, and why
-- Answers: how does the list value compare with the period before, and what moved it?
-- Grain:   one row per step, in order: before, volume, mix, price, cache, length, now; each but the first and the
--          last is what it added. `volume` is more or fewer calls at the same mix; `mix` other targets, a new one
--          at what it costs now; `price` other rates; `cache` another share of the prompt read from a cache;
--          `length` longer or shorter prompts and answers, and whatever no rate explains
-- Set:     period and filters as in sql/README.md; before_start_at, before_end_at  the other period, in UTC,
--          default: as much time before the period as has passed of it

with spans as (
    select
        start_at, least(end_at, now_at) as end_at,
        coalesce(getvariable('before_start_at')::timestamp, start_at - (end_at - start_at)) as before_start_at,
        coalesce(
            getvariable('before_end_at')::timestamp, least(end_at, now_at) - (end_at - start_at)
        ) as before_end_at
    from period
),
sides as (
    select
        case when asked_at >= start_at then 'now' else 'before' end as side,
        target, list_usd, input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens,
        output_tokens
    from filtered_calls
    cross join spans
    where (asked_at >= start_at and asked_at < spans.end_at)
       or (asked_at >= before_start_at and asked_at < before_end_at)
),
sums as (
    select
        side, target,
        count(*) as calls,
        coalesce(sum(list_usd), 0)::double as usd,
        sum(input_tokens) as input,
        sum(cache_write_5m_tokens) as cache_write_5m,
        sum(cache_write_1h_tokens) as cache_write_1h,
        sum(cache_read_tokens) as cache_read,
        sum(output_tokens) as output
    from sides
    group by all
),
buckets as (
    unpivot (select side, target, input, cache_write_5m, cache_write_1h, cache_read, output from sums)
    on input, cache_write_5m, cache_write_1h, cache_read, output into name unit value tokens
),
priced as (
    select
        case when started_at >= start_at then 'now' else 'before' end as side,
        target, price_ids, count(*) as attempts
    from attempts
    cross join spans
    where price_ids is not null
      and ((started_at >= start_at and started_at < spans.end_at)
           or (started_at >= before_start_at and started_at < before_end_at))
    group by all
),
named as (
    select side, target, attempts, unnest(price_ids) as price_id
    from priced
),
rates as (
    select side, target, unit, sum(attempts * usd_per_mtok::double) / sum(attempts) / 1000000 as rate
    from named
    join prices using (price_id)
    group by all
),
paired as (
    select
        then_.target, then_.unit,
        coalesce(then_.tokens, 0) as tokens0,
        coalesce(now_.tokens, 0) as tokens1,
        coalesce(rate0.rate, rate1.rate) as rate0,
        coalesce(rate1.rate, rate0.rate) as rate1
    from (from buckets where side = 'before') as then_
    join (from buckets where side = 'now') as now_ using (target, unit)
    left join (from rates where side = 'before') as rate0 using (target, unit)
    left join (from rates where side = 'now') as rate1 using (target, unit)
),
moved as (
    select
        target,
        coalesce(sum(tokens1 * (rate1 - rate0)), 0) as price,
        coalesce(
            sum(tokens1) filter (unit <> 'output' and rate0 is not null)
            * (sum(tokens1 * rate0) filter (unit <> 'output')
                   / nullif(sum(tokens1) filter (unit <> 'output' and rate0 is not null), 0)
               - sum(tokens0 * rate0) filter (unit <> 'output')
                   / nullif(sum(tokens0) filter (unit <> 'output' and rate0 is not null), 0)),
            0
        ) as cache
    from paired
    group by target
),
models as (
    select
        target,
        coalesce(any_value(calls) filter (side = 'before'), 0) as calls0,
        coalesce(any_value(calls) filter (side = 'now'), 0) as calls1,
        coalesce(any_value(usd) filter (side = 'before'), 0) as usd0,
        coalesce(any_value(usd) filter (side = 'now'), 0) as usd1
    from sums
    group by target
),
expected as (
    select models.*, calls1 * coalesce(usd0 / nullif(calls0, 0), usd1 / nullif(calls1, 0), 0) as usual_usd
    from models
),
totals as (
    select
        coalesce(sum(usd0), 0) as before_usd,
        coalesce(sum(usd1), 0) as now_usd,
        coalesce(sum(usd0) * (sum(calls1) / nullif(sum(calls0), 0) - 1), 0) as volume_usd,
        coalesce(sum(usual_usd), 0) as usual_usd,
        coalesce(sum(moved.price), 0) as price_usd,
        coalesce(sum(moved.cache), 0) as cache_usd
    from expected
    left join moved using (target)
),
steps as (
    select
        before_usd as before,
        volume_usd as volume,
        usual_usd - before_usd - volume_usd as mix,
        price_usd as price,
        cache_usd as cache,
        now_usd - usual_usd - price_usd - cache_usd as length,
        now_usd as now
    from totals
)

unpivot steps on before, volume, mix, price, cache, length, now into name step value usd;
