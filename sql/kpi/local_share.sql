-- KPI:     local-model share of calls (target: 15 to 25 %)
-- Answers: what share of the answered calls did a local model answer?
-- Grain:   one row for the period; inference calls only, null where none was answered
-- Set:     period and filters as in sql/README.md

select
    count(*) as answered_calls,
    count(*) filter (bill = 'local') as local_calls,
    count(*) filter (bill = 'local') / nullif(count(*), 0) as local_share

from period_calls
where is_inference and result = 'ok';
