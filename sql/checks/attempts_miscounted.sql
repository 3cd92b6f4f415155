-- A row is a finished call that claims another number of attempts than the ledger holds.
with tried as (
    select call_id, count(*) as attempts
    from attempt_log
    group by call_id
)

select call_id, call_log.attempts as claimed_attempts, coalesce(tried.attempts, 0) as held_attempts, asked_at
from call_log
left join tried using (call_id)
where call_log.attempts <> coalesce(tried.attempts, 0)
order by asked_at;
