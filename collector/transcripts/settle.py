"""What follows from all that is loaded: whose call it is, what an agent really used, who pays."""

import duckdb
import orjson
import polars as pl

from collector.prices import Pricer
from collector.transcripts.frames import BUCKETS, copies, counts_of, insert, money
from collector.transcripts.rows import OUTPUT, Copy
from router.rates import Counts


def settle(db: duckdb.DuckDBPyConnection, price: Pricer) -> None:
    """Bring the derived columns up to date; nothing here depends on what was loaded first."""
    db.execute(SPANS)
    db.execute(UNHEARD)
    db.execute(ATTRIBUTION)
    db.execute(AGENTS)
    _repair(db, price)
    db.execute(BILLS)


SPANS = """
insert into session_facts by name
with told as (
    select session_id, asked_at from transcript_calls
    union all
    select copies.session_id, asked_at
    from transcript_copies as copies join transcript_calls using (call_id)
    union all
    select session_id, null from session_facts
)
select session_id, min(asked_at) as first_at, max(asked_at) as last_at
from told left join session_facts using (session_id)
group by session_id
having min(asked_at) is distinct from any_value(first_at)
    or max(asked_at) is distinct from any_value(last_at)
on conflict (session_id) do update set first_at = excluded.first_at, last_at = excluded.last_at
"""

# All that was known of such a session was a call that proved to be another's.
UNHEARD = """
delete from session_facts where first_at is null and born_at is null and title is null
"""

# A fork repeats its parent's calls, times and all: the parent is the session that is no fork,
# or else the one that began, was written or ended first.
ATTRIBUTION = """
update transcript_calls
set file = owner.file, session_id = owner.session_id
from (
    select call_id, copies.file, copies.session_id
    from transcript_copies as copies
    left join session_facts as facts on facts.session_id = copies.session_id
    qualify 1 = row_number() over (
        partition by call_id
        order by coalesce(is_fork, false), first_at nulls last, born_at nulls last,
                 last_at nulls last, copies.session_id, copies.file)
) as owner
where owner.call_id = transcript_calls.call_id
  and (owner.file <> transcript_calls.file or owner.session_id <> transcript_calls.session_id)
"""

AGENTS = """
update transcript_calls
set agent_type = coalesce(transcript_calls.agent_type, facts.agent_type),
    parent_agent_id = facts.parent_agent_id
from agent_facts as facts
where facts.session_id = transcript_calls.session_id
  and facts.agent_id = transcript_calls.agent_id
  and (transcript_calls.parent_agent_id is distinct from facts.parent_agent_id
       or (transcript_calls.agent_type is null and facts.agent_type is not null))
"""

# A session that was told of a spent window runs on a plan, and its calls are not paid in cash.
BILLS = """
update transcript_calls
set bill = case bill when 'plan' then 'cash' else 'plan' end,
    cost_usd = case bill when 'plan' then list_usd else 0 end
where (bill = 'plan') <> (session_id in (
    select copies.session_id
    from transcript_copies as copies join limit_readings as notices using (call_id)
    where notices.source = 'transcript'))
"""


def _repair(db: duckdb.DuckDBPyConnection, price: Pricer) -> None:
    """Give an agent's last call the usage that its parent was told, where its own is a stub."""
    due = {call_id: tuple(held) for call_id, *held in db.execute(DUE).fetchall()}
    calls = _stubs(db, list(due))
    if calls:
        insert(db, REPAIR, _repairs(calls, [_final(call, due) for call in calls], price))


def _final(call: Copy, due: dict[str, Counts]) -> Counts:
    told = due.get(call.call_id, call.counts)
    return told if told[OUTPUT] >= call.counts[OUTPUT] else call.counts


def _stubs(db: duckdb.DuckDBPyConnection, due: list[str]) -> list[Copy]:
    """Calls to repair, and those whose repair was of another call, as the transcript told them."""
    db.execute("create or replace temp table _due (call_id varchar)")
    insert(db, "insert into _due from _new", pl.DataFrame({"call_id": due}))
    return copies(db, "where call_id in (from _due) or stub is not null")


def _repairs(calls: list[Copy], final: list[Counts], price: Pricer) -> pl.DataFrame:
    """Columns to update; `stub` is null where a call stays, or is again, as it was told."""
    stubs = [
        None if held == call.counts else orjson.dumps(call.counts).decode()
        for call, held in zip(calls, final, strict=True)
    ]
    mended = [call._replace(counts=held) for call, held in zip(calls, final, strict=True)]
    ids = pl.Series([call.call_id for call in calls], dtype=pl.String)
    stub = pl.Series(stubs, dtype=pl.String)
    return pl.DataFrame({"call_id": ids, "stub": stub, **counts_of(final), **money(mended, price)})


_COUNTS = ", ".join(f"results.{name}" for name in BUCKETS)

DUE = f"""
with last_calls as (
    select calls.call_id, done_at, {_COUNTS}, calls.partial or calls.stub is not null as is_stub
    from agent_results as results
    join transcript_calls as calls
      on calls.session_id = results.session_id and calls.agent_id = results.agent_id
     and calls.asked_at <= results.done_at
    qualify 1 = row_number() over (
        partition by results.session_id, results.agent_id, results.done_at
        order by calls.asked_at desc, calls.call_id)
)
select call_id, {", ".join(BUCKETS)} from last_calls
where is_stub
qualify 1 = row_number() over (partition by call_id order by done_at)
"""

_TAKES = ", ".join(
    f"{name} = _new.{name}"
    for name in (*BUCKETS, "stub", "list_usd", "cost_usd", "baseline_usd", "price_ids", "unpriced")
)

REPAIR = f"""
update transcript_calls
set {_TAKES}, partial = _new.stub is null, bill = 'cash'
from _new
where _new.call_id = transcript_calls.call_id
  and (_new.stub is distinct from transcript_calls.stub
       or _new.output_tokens <> transcript_calls.output_tokens)
"""
