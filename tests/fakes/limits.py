"""The rate-limit headers that Anthropic puts on every answer: a plan's windows, or an API key's."""

from datetime import UTC, datetime, timedelta

from tests.fakes.reply import Headers, Reply, refuses

PLAN = "anthropic-ratelimit-unified-"
FIVE_HOURS = timedelta(hours=5)
CLAIMS = {"5h": "five_hour", "7d": "seven_day", "7d_opus": "seven_day_opus"}


def window_status(utilization: float) -> str:
    if utilization >= 1:
        return "rejected"
    return "allowed_warning" if utilization >= 0.75 else "allowed"


def plan_limits(resets_at: datetime | None = None, **utilization: float) -> Headers:
    """A Max plan's windows, e.g. `plan_limits(**{"5h": 0.42, "7d": 0.1})`; the fullest speaks."""
    used = utilization or {"5h": 0.42, "7d": 0.1}
    reset = str(int((resets_at or datetime.now(UTC) + FIVE_HOURS).timestamp()))
    fullest = max(used, key=used.__getitem__)
    headers = [
        ("status", window_status(used[fullest])),
        ("reset", reset),
        ("representative-claim", CLAIMS.get(fullest, fullest)),
        ("fallback-percentage", "0.5"),
        ("overage-status", "rejected"),
        ("overage-disabled-reason", "org_level_disabled"),
    ]
    for window, share in used.items():
        headers.append((f"{window}-status", window_status(share)))
        headers.append((f"{window}-reset", reset))
        headers.append((f"{window}-utilization", f"{share:g}"))
    return tuple((PLAN + name, value) for name, value in headers)


def key_limits(*, remaining: int = 79_000, limit: int = 80_000) -> Headers:
    """An API key's limits."""
    reset = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers: list[tuple[str, str]] = []
    for what in ("requests", "tokens", "input-tokens", "output-tokens"):
        prefix = f"anthropic-ratelimit-{what}-"
        headers += [(prefix + "limit", str(limit)), (prefix + "remaining", str(remaining))]
        headers += [(prefix + "reset", reset)]
    return tuple(headers)


def plan_is_spent(window: str = "5h", resets_at: datetime | None = None) -> Reply:
    """The 429 of a plan whose window is used up."""
    at = resets_at or datetime.now(UTC) + FIVE_HOURS
    wait_s = max(1, int((at - datetime.now(UTC)).total_seconds()))
    spent = refuses(429, retry_after=wait_s)
    return spent.but(headers=spent.headers + plan_limits(at, **{window: 1.0}))
