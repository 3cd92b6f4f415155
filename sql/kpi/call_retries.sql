-- KPI:     retries of a call
-- Answers: which call did this one repeat, and which calls repeated it?
-- Grain:   one row per other call of the chain, oldest first
-- Set:     call  VARCHAR, the call's id, mandatory

with this as (
    select call_id, retry_of, asked_at
    from call_log
    where call_id = getvariable('call')::varchar
)

select
    other.call_id,
    case when other.call_id = this.retry_of then 'repeated by this call' else 'repeated this call' end
        as relation,
    other.kind,
    other.result,
    date_diff('millisecond', this.asked_at, other.asked_at) as after_ms,
    other.asked_at

from call_log as other
cross join this
where other.asked_at between this.asked_at - interval 1 day and this.asked_at + interval 1 day
  and (other.call_id = this.retry_of or other.retry_of = this.call_id)
order by other.asked_at;
