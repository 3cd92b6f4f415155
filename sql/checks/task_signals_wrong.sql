-- A row is a task that is told twice in one session, ends before it began, or has an outcome that does not fit its reason.
select task_id, session_id, agent_id, count(*) as told
from task_signals
group by all
having count(*) > 1
    or bool_or(ended_at < began_at)
    or bool_or(outcome not in ('pass', 'fail', 'unknown'))
    or bool_or(outcome = 'unknown' and (is_hard or why is not null))
    or bool_or(outcome <> 'unknown' and (is_hard is null or why is null));
