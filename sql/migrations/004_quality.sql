-- One row per task of which a transcript told: what a person asked for, up to what they asked
-- next, or all the work of one subagent. `task_id` names the line that began it; a forked session
-- repeats it. `outcome` is pass, fail or unknown; `is_hard` says that a test or a commit decided
-- it, `why` what did. `signals` are counts, never text.
create table task_signals (
    task_id varchar, session_id varchar, agent_id varchar, task_no integer,
    began_at timestamp, ended_at timestamp,
    outcome varchar, is_hard boolean, why varchar,
    signals json, file varchar
);

-- One row per verdict of a person, on a session or on one call; the latest on each counts.
-- `outcome` is pass or fail, `source` cli, csv or page.
create table reviews (
    reviewed_at timestamp, session_id varchar, call_id varchar, outcome varchar,
    reviewer varchar, note varchar, source varchar
);
