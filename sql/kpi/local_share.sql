-- KPI:     local-model share of calls (target: 15 to 25 %)
-- Answers: what share of the answered calls did a local model answer?
-- Grain:   one row for the period; inference calls only, null where none was answered
-- Set:     period and filters as in sql/README.md

select answered_calls, local_calls, local_share
from period_kpis;
