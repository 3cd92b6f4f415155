"""What the loader sums up for the gate: see `collector.known`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb

from collector.known import Known
from router.budget import Prices, prices_now
from router.call import Usage
from router.experiment_stop import Arm, Progress
from router.policy_model import ASKED, Policy, Target
from router.price_book import PriceBook
from router.windows import WindowReading
from router.world import usage_usd

FEWEST_DAYS = 31
# A call whose journal line is still on its way when the ledger is summed up counts twice, briefly.
ON_ITS_WAY = timedelta(seconds=2)


def summed_up(
    db: duckdb.DuckDBPyConnection, book: PriceBook, policies: Iterable[Policy], at: datetime
) -> Known:
    """The ledger's word, of all that had ended by `at` (UTC, aware)."""
    policies = list(policies)
    days = max((p.budget.days for p in policies if p.budget), default=FEWEST_DAYS)
    begin = (at - timedelta(days=days + 1)).replace(tzinfo=None)
    prices = prices_now(book, at.replace(tzinfo=None), _targets(db, policies, begin))
    return Known(
        as_of=at - ON_ITS_WAY,
        spent=_spent(db, prices, begin),
        readings=_readings(db, at.replace(tzinfo=None)),
        prices=prices,
        progress=_progress(db, policies),
    )


def _targets(
    db: duckdb.DuckDBPyConnection, policies: list[Policy], begin: datetime
) -> Iterator[Target]:
    """Every target a policy names, `asked` standing for each model asked for of late."""
    models = [model for (model,) in db.execute(ASKED_OF_LATE, [begin]).fetchall()]
    for policy in policies:
        for route in policy.routes:
            for target in policy.chain(route):
                named = models if target.model == ASKED else [target.model]
                yield from (Target(target.provider, model) for model in named)
    yield from (Target(*row) for row in db.execute(ASKED_ELSEWHERE, [begin]).fetchall())


def _spent(db: duckdb.DuckDBPyConnection, prices: Prices, begin: datetime) -> dict[int, Decimal]:
    """Cash by the hour; what has no price counts as the dearest of its family."""
    spent = dict(db.execute(SPENT, [begin]).fetchall())
    for provider, model, hour, *tokens in db.execute(UNPRICED, [begin]).fetchall():
        price = prices.of(Target(provider, model))
        usage = Usage(**dict(zip(BUCKETS, map(int, tokens), strict=True)))
        spent[hour] = spent.get(hour, Decimal(0)) + (usage_usd(price, usage) if price else 0)
    return spent


def _readings(db: duckdb.DuckDBPyConnection, at: datetime) -> dict[str, tuple[WindowReading, ...]]:
    found: dict[str, tuple[WindowReading, ...]] = {}
    for provider, window, status, used, resets_at in db.execute(OPEN_WINDOWS, [at, at]).fetchall():
        reading = WindowReading(
            limit_window=window,
            status=status,
            utilization=used,
            resets_at=resets_at and resets_at.replace(tzinfo=UTC),
        )
        found[provider] = (*found.get(provider, ()), reading)
    return found


def _progress(db: duckdb.DuckDBPyConnection, policies: list[Policy]) -> dict[str, Progress]:
    """How far the experiments of these policies have come; none that has not begun."""
    names = [policy.experiment.name for policy in policies if policy.experiment]
    if not names:
        return {}
    found: dict[str, dict[str, Arm]] = {}
    began: dict[str, datetime] = {}
    for name, arm, began_at, tasks, known, share in db.execute(PROGRESS, [names]).fetchall():
        found.setdefault(name, {})[arm] = Arm(tasks=tasks, known=known, passed_share=share)
        began[name] = min(began.get(name, began_at), began_at)
    return {
        name: Progress(began_at=began[name].replace(tzinfo=UTC), **arms)
        for name, arms in found.items()
    }


BUCKETS = (
    "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens",
    "output_tokens",
)  # fmt: skip
ASKED_OF_LATE = """
select distinct asked_model from call_log where asked_at >= ? and asked_model is not null limit 200
"""
ASKED_ELSEWHERE = """
select distinct provider, model from attempt_log
where started_at >= ? and provider is not null and model is not null limit 500
"""
SPENT = """
select epoch(started_at)::bigint // 3600, sum(cost_usd)
from attempts where bill = 'cash' and cost_usd is not null and started_at >= ? group by 1
"""
UNPRICED = f"""
select provider, coalesce(model, ''), epoch(started_at)::bigint // 3600,
       {", ".join(f"coalesce(sum({bucket}), 0)" for bucket in BUCKETS)}
from attempts where bill = 'cash' and cost_usd is null and started_at >= ? group by 1, 2, 3
"""
PROGRESS = """
select experiment, arm, min(began_at), count(*), coalesce(any_value(effective_tasks), 0),
       any_value(mean)
from experiment_tasks
left join (select * from experiment_totals where measure = 'passed') using (experiment, arm)
where list_contains(?, experiment) and arm in ('base', 'other')
group by experiment, arm
"""
OPEN_WINDOWS = """
select provider, limit_window, arg_max(status, read_at), arg_max(utilization, read_at),
       arg_max(resets_at, read_at) as resets_at
from limit_readings where read_at > ? - interval 8 day and source = 'proxy'
group by provider, limit_window
having resets_at is null or resets_at > ?
order by provider, limit_window
"""
