-- KPI:     freshness
-- Answers: how much does the ledger hold, and how old is its latest call?
-- Grain:   one row; period and filters do not apply
-- Set:     now  TIMESTAMP in UTC, default: the clock

select
    (select count(*) from call_log) + (select count(*) from transcript_calls where wire_call_id is null)
        as calls,
    (select count(*) from open_calls) as open_calls,
    (select count(*) from call_log where capture = 'demo') as demo_calls,
    date_diff('second', (select max(asked_at) from calls), now_at) as last_call_age_s,
    (select min(asked_at) from calls) as first_call_at,
    (select max(asked_at) from calls) as last_call_at

from period;
