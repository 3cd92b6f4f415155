-- A row is an attempt priced by a rate the ledger no longer holds; `faregate reprice` prices it anew.
with used as (
    select call_id, attempt_no, unnest(price_ids) as price_id
    from attempts
)

select call_id, attempt_no, price_id
from used
where price_id not in (select price_id from prices)
order by call_id, attempt_no;
