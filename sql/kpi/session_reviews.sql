-- KPI:     what people said of a session
-- Answers: who reviewed it, when, and how?
-- Grain:   one row per review of the session `session` or of one of its calls, latest first
-- Set:     session  VARCHAR, the session; default: none

select reviewed_at, outcome, reviewer, note, source, call_id

from reviews
where session_id = getvariable('session')::varchar
   or call_id in (select call_id from calls where session_id = getvariable('session')::varchar)
order by reviewed_at desc, call_id;
