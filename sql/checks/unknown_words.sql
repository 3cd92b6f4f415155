-- A row is a kind, result or bill that no version of faregate writes.
select 'kind' as field, kind as word, count(*) as calls
from calls
where kind not in (
    'main', 'subagent', 'plan', 'compact', 'title', 'prompt_hook', 'classifier', 'web_search',
    'count_tokens', 'count_fallback', 'validation', 'quota_probe', 'stream_retry', 'probe', 'other'
)
group by kind
union all
select 'result', result, count(*)
from calls
where result not in (
    'ok', 'limit_hit', 'overloaded', 'rate_limited', 'rejected', 'unreachable', 'truncated',
    'cancelled', 'failed'
)
group by result
union all
select 'bill', bill, count(*)
from calls
where bill not in ('plan', 'cash', 'local')
group by bill
order by field, word;
