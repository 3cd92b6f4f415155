-- KPI:     advice
-- Answers: what to do next, and what is it worth?
-- Grain:   one row per finding worth at least `least_usd` a month, most first. Money is at list price and scaled from the
--          `active_days` with calls to 30 such days; `cash_usd_per_month` is the part that is owed in cash. A call may be
--          behind several findings: `own_usd_per_month` counts it only where it is worth most, so only that adds up.
--          `confidence` is high, medium or low, a step less below 20 calls or 5 days. Each finding's assumptions stand in
--          sql/views/savings.sql and worth_of_plans.sql
-- Set:     period and filters as in sql/README.md; least_usd  default: 1; with_dismissed  default: false; and the
--          marks of sql/views/marks.sql

with known as (
    from (values
        ('compact', 2, 'CLAUDE_CODE_AUTO_COMPACT_WINDOW=100000'),
        ('opus_simple', 2, '[routes] simple = ["max/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"]'),
        ('pauses', 2, 'ENABLE_PROMPT_CACHING_1H=1'),
        ('switches', 2, '/clear before /model'),
        ('writes', 3, 'DISABLE_PROMPT_CACHING=1'),
        ('batch', 2, 'POST /v1/messages/batches'),
        ('runaway', 1, 'claude -p --max-turns 100'),
        ('tools', 1, 'ENABLE_TOOL_SEARCH=true'),
        ('titles', 3, 'ANTHROPIC_DEFAULT_HAIKU_MODEL=claude-haiku-4-5'),
        ('plan_api', 2, 'ANTHROPIC_API_KEY'),
        ('plan_smaller', 1, 'https://claude.ai/settings/billing'),
        ('plan_larger', 2, 'https://claude.ai/settings/billing')
    ) as remedies(finding, confidence_no, remedy)
),
active as (
    select greatest(count(distinct timezone(zone, timezone('UTC', quarter_at))::date), 1) as days
    from (select distinct quarter_at from period_calls where is_inference)
    cross join period
),
dismissed as (
    select finding, max(decided_at) as dismissed_at, arg_max(reason, decided_at) as dismissed_reason
    from advice_log
    group by finding
    having arg_max(is_dismissed, decided_at)
),
every_saving as materialized (
    from savings
),
worthy as (
    select finding, dismissed_at is not null as is_dismissed
    from every_saving
    cross join active
    left join dismissed using (finding)
    group by all
    having sum(usd) * 30 / any_value(days) >= coalesce(getvariable('least_usd')::double, 1)
),
placed as (
    select
        every_saving.*,
        row_number() over (partition by call_id order by is_dismissed, usd desc, finding) = 1 and not is_dismissed
            as is_own,
        count(*) over (partition by call_id) > 1 as is_shared
    from every_saving
    join worthy using (finding)
),
found as (
    select
        finding,
        count(*) as calls,
        count(*) filter (is_shared) as shared_calls,
        sum(usd) as usd,
        sum(usd) * 30 / any_value(days) as usd_per_month,
        coalesce(sum(usd) filter (is_cash), 0) * 30 / any_value(days) as cash_usd_per_month,
        coalesce(sum(usd) filter (is_own), 0) * 30 / any_value(days) as own_usd_per_month,
        coalesce(sum(usd) filter (is_own and is_cash), 0) * 30 / any_value(days) as own_cash_usd_per_month,
        min(asked_at) as first_at,
        max(asked_at) as last_at,
        null as break_even_usd,
        null as found_usd
    from placed
    cross join active
    group by finding
    union all by name
    select
        finding, calls, 0 as shared_calls, null as usd, usd_per_month, usd_per_month as cash_usd_per_month,
        case when dismissed_at is null then usd_per_month else 0 end as own_usd_per_month,
        own_usd_per_month as own_cash_usd_per_month, null as first_at, null as last_at, break_even_usd, found_usd
    from worth_of_plans
    left join dismissed using (finding)
    where usd_per_month >= coalesce(getvariable('least_usd')::double, 1)
)

select
    finding,
    usd_per_month::decimal(18, 2) as usd_per_month,
    cash_usd_per_month::decimal(18, 2) as cash_usd_per_month,
    own_usd_per_month::decimal(18, 2) as own_usd_per_month,
    own_cash_usd_per_month::decimal(18, 2) as own_cash_usd_per_month,
    usd::decimal(18, 9) as usd,
    calls,
    shared_calls,
    days as active_days,
    case greatest(confidence_no - (calls < 20 or days < 5)::int, 1)
        when 3 then 'high' when 2 then 'medium' else 'low' end as confidence,
    remedy,
    break_even_usd::decimal(18, 2) as break_even_usd,
    found_usd::decimal(18, 2) as found_usd,
    dismissed_at,
    dismissed_reason,
    first_at,
    last_at

from found
join known using (finding)
cross join active
left join dismissed using (finding)
where dismissed_at is null or coalesce(getvariable('with_dismissed')::boolean, false)
order by dismissed_at is not null, usd_per_month desc, finding;
