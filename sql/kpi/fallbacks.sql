-- KPI:     fallbacks by cause
-- Answers: which targets failed, how, who answered instead, and what did that cost?
-- Grain:   one row per cause, failed target and target that answered (null: none did), most attempts first.
--          Each cause of a call counts where it happened, so that a call may stand in several rows
-- Set:     period and filters as in sql/README.md

select
    cause,
    failed_target,
    case when result = 'ok' then answered_target end as answered_target,
    count(*) as attempts,
    count(distinct call_id) as calls,
    count(distinct call_id) filter (result = 'ok') as rescued_calls,
    coalesce(sum(list_usd) filter (result = 'ok'), 0)::decimal(18, 9) as list_usd,
    coalesce(sum(cost_usd) filter (result = 'ok'), 0)::decimal(18, 9) as cash_usd,
    max(started_at) as last_at

from period_failures
group by all
order by attempts desc, cause, failed_target, answered_target;
