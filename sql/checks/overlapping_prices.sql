-- A row is a pair of rates for the same thing that are in force on the same day.
select one.price_id as price_id, other.price_id as other_price_id, one.valid_from, other.valid_from as other_valid_from
from prices as one
join prices as other
  on one.provider is not distinct from other.provider
 and one.match_kind is not distinct from other.match_kind
 and one.match is not distinct from other.match
 and one.unit is not distinct from other.unit
 and one.context_key is not distinct from other.context_key
 and one.context_value is not distinct from other.context_value
 and one.threshold_tokens is not distinct from other.threshold_tokens
where one.price_id < other.price_id
  and coalesce(one.valid_from, timestamp '-infinity') < coalesce(other.valid_to, timestamp 'infinity')
  and coalesce(other.valid_from, timestamp '-infinity') < coalesce(one.valid_to, timestamp 'infinity')
order by price_id;
