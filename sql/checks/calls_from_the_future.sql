-- A row is a call asked more than an hour from now: a clock was wrong.
select call_id, asked_at
from calls
where asked_at > timezone('UTC', now()) + interval 1 hour
order by asked_at;
