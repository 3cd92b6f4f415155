-- KPI:     savings, step by step
-- Answers: how does the same usage on Opus through the API become what was paid?
-- Grain:   one row per step, in order, which add up to the billionth of a dollar. `uncached` is all-Opus with every
--          prompt token at the full input rate (null where the baseline has no price); `prompt_cache` what the
--          prompt cache took off; `baseline` all-Opus as every other number knows it; then `models` cheaper ones
--          than Opus, `local` what local models answered, `billed` cash that differs from the list price, `unpriced`
--          calls without a price (no saving: unknown), `plan` the fee in place of the list value that the plan
--          answered; `paid` is what is left, and the same as in monthly_cost
-- Set:     period and filters as in sql/README.md; plan_usd  the plan's monthly fee, default: the setting;
--          baseline_model  VARCHAR, whose rates the first step takes; default claude-opus-4-6

with rates as (
    select
        valid_from, valid_to,
        (match_kind = 'glob')::integer * 1000 + length(match) as rank,
        any_value(usd_per_mtok) filter (unit = 'input') as input_rate,
        any_value(usd_per_mtok) filter (unit = 'cache_write_5m') as write_5m_rate,
        any_value(usd_per_mtok) filter (unit = 'cache_write_1h') as write_1h_rate,
        any_value(usd_per_mtok) filter (unit = 'cache_read') as read_rate
    from prices
    where provider = 'anthropic' and context_key is null and threshold_tokens = 0
      and case match_kind
          when 'regex' then regexp_matches(coalesce(getvariable('baseline_model')::varchar, 'claude-opus-4-6'), match)
          when 'glob' then coalesce(getvariable('baseline_model')::varchar, 'claude-opus-4-6') glob match
          end
    group by match_kind, match, valid_from, valid_to
),
cached as (
    select
        date_trunc('day', asked_at) as day_at,
        sum(cache_write_5m_tokens) as write_5m,
        sum(cache_write_1h_tokens) as write_1h,
        sum(cache_read_tokens) as read
    from period_calls
    where baseline_usd is not null
    group by all
),
by_day as (
    select
        day_at,
        arg_max(
            read * (read_rate - input_rate)
            + coalesce(write_5m * (write_5m_rate - input_rate), 0)
            + coalesce(write_1h * (write_1h_rate - input_rate), 0),
            rank
        ) / 1000000 as usd
    from cached
    left join rates
      on (valid_from is null or valid_from <= day_at) and (valid_to is null or day_at < valid_to)
     and input_rate is not null
    group by day_at
),
cache as (
    select case when count(*) = count(usd) then coalesce(sum(usd), 0) end::decimal(18, 9) as prompt_cache
    from by_day
),
calls_ as (
    select
        coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline,
        coalesce(sum(list_usd - coalesce(baseline_usd, 0)) filter (bill is distinct from 'local'), 0)::decimal(18, 9)
            as models,
        coalesce(sum(coalesce(cost_usd, 0) - coalesce(baseline_usd, 0)) filter (bill = 'local'), 0)::decimal(18, 9)
            as local,
        coalesce(sum(coalesce(cost_usd, 0) - list_usd)
            filter (bill is null or bill not in ('plan', 'local')), 0)::decimal(18, 9) as billed,
        coalesce(sum(coalesce(cost_usd, 0) - coalesce(baseline_usd, 0))
            filter (bill is distinct from 'local' and list_usd is null), 0)::decimal(18, 9) as unpriced,
        coalesce(sum(coalesce(cost_usd, 0) - list_usd) filter (bill = 'plan'), 0)::decimal(18, 9) as on_plan
    from period_calls
),
steps as (
    select
        (calls_.baseline - prompt_cache)::decimal(18, 9) as uncached,
        prompt_cache,
        calls_.baseline as baseline,
        models,
        local,
        billed,
        unpriced,
        (on_plan + plan_usd)::decimal(18, 9) as plan,
        paid_usd as paid
    from calls_
    cross join cache
    cross join period_kpis
)

select step, usd
from steps
unpivot include nulls (
    usd for step in (uncached, prompt_cache, baseline, models, local, billed, unpriced, plan, paid)
);
