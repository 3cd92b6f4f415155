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
        least(end_at, now_at) as end_at,
        coalesce(getvariable('before_start_at')::timestamp, start_at - (end_at - start_at)) as before_start_at,
        coalesce(
            getvariable('before_end_at')::timestamp, least(end_at, now_at) - (end_at - start_at)
        ) as before_end_at
    from period
),
sides as not materialized (
    select filtered_calls.*, asked_at >= asked_from() as is_now
    from filtered_calls
    cross join spans
    where asked_at < asked_until()
      and asked_at >= coalesce(getvariable('before_start_at')::timestamp, asked_from() - (asked_until() - asked_from()))
      and ((asked_at >= asked_from() and asked_at < end_at)
           or (asked_at >= before_start_at and asked_at < before_end_at))
),
sums as materialized (
    select
        is_now, target, price_id,
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
buckets as materialized (
    select is_now, target, price_id, calls, unnest([
        {'unit': 'input', 'tokens': input, 'rate': input_rate},
        {'unit': 'cache_write_5m', 'tokens': cache_write_5m, 'rate': write_5m_rate},
        {'unit': 'cache_write_1h', 'tokens': cache_write_1h, 'rate': write_1h_rate},
        {'unit': 'cache_read', 'tokens': cache_read, 'rate': read_rate},
        {'unit': 'output', 'tokens': output, 'rate': output_rate}
    ], recursive := true)
    from sums
    left join bucket_rates using (price_id)
),
units as materialized (
    select
        is_now, target, unit,
        sum(tokens) as tokens,
        sum(calls * rate::double) / sum(calls) filter (rate is not null) / 1000000 as rate
    from buckets
    group by all
),
paired as (
    select
        then_.target, then_.unit,
        coalesce(then_.tokens, 0) as tokens0,
        coalesce(now_.tokens, 0) as tokens1,
        coalesce(then_.rate, now_.rate) as rate0,
        coalesce(now_.rate, then_.rate) as rate1
    from (from units where not is_now) as then_
    join (from units where is_now) as now_ using (target, unit)
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
        coalesce(sum(calls) filter (not is_now), 0) as calls0,
        coalesce(sum(calls) filter (is_now), 0) as calls1,
        coalesce(sum(usd) filter (not is_now), 0) as usd0,
        coalesce(sum(usd) filter (is_now), 0) as usd1
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
