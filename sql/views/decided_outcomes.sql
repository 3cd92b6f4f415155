-- One row per call (`call_verdicts`), or per session (`session_verdicts`), that was reviewed: what its latest review said.
-- `decided_outcome` is the one definition of how a task went. The first of these that is known decides: the review of a call
-- of it, of the latest such call; the review of its session, if it is the last task of the main loop (`is_last`); tests, builds
-- and commits (`signal` where `is_hard`); what the gate saw (`trouble_of` a call: a refusal, an answer cut at its limit, an
-- escalation, three failed edits or tests in a row); what the person did and said next, as a transcript tells (`signal`), else
-- as the gate heard (`next_reask`: 1 where they asked again). Reviews, tests and commits are hard.
create or replace view call_verdicts as
select call_id, arg_max(outcome, reviewed_at) as verdict
from reviews
where call_id is not null
group by call_id;

create or replace view session_verdicts as
select session_id, arg_max(outcome, reviewed_at) as verdict
from reviews
where call_id is null
group by session_id;

create or replace macro trouble_of(stop_reason, reason, failures) as
    case
        when stop_reason = 'refusal' then 'refused'
        when stop_reason = 'max_tokens' then 'cut at its limit'
        when contains(reason, 'escalated:') then 'escalated'
        when failures >= 3 then 'edits or tests fail'
    end;

create or replace macro decided_outcome(of_call, of_session, is_last, signal, is_hard, why, trouble, next_reask) as
    case
        when of_call is not null then {'outcome': of_call, 'why': 'review', 'is_hard': true}
        when is_last and of_session is not null then {'outcome': of_session, 'why': 'review', 'is_hard': true}
        when is_hard then {'outcome': signal, 'why': why, 'is_hard': true}
        when trouble is not null then {'outcome': 'fail', 'why': trouble, 'is_hard': false}
        when coalesce(signal, 'unknown') <> 'unknown' then {'outcome': signal, 'why': why, 'is_hard': false}
        when next_reask = 1 then {'outcome': 'fail', 'why': 'asked again', 'is_hard': false}
        when next_reask = 0 then {'outcome': 'pass', 'why': 'went on', 'is_hard': false}
        else {'outcome': 'unknown', 'why': null, 'is_hard': false}
    end;
