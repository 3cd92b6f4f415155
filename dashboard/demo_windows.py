"""A plan's two limit windows for the demo month: how full, and what the headers say of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

FIVE_HOUR_TOKENS = 1_640_000
WEEK_TOKENS = 20_000_000
FIVE_HOURS, WEEK = timedelta(hours=5), timedelta(days=7)
LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001  # the ledger's times are UTC without a zone
HEADER = "anthropic-ratelimit-unified-"


class PlanWindows:
    """Fills with weighted tokens; each window begins with the first call after a reset."""

    def __init__(self) -> None:
        self._resets = {"5h": LONG_AGO, "7d": LONG_AGO}
        self._used = {"5h": 0.0, "7d": 0.0}
        self._cools_until = LONG_AGO

    def is_spent(self, at: datetime) -> bool:
        return self.share(at) >= 1

    def share(self, at: datetime) -> float:
        """How full the five-hour window is, as a fraction."""
        self._roll(at)
        return self._used["5h"] / FIVE_HOUR_TOKENS

    def is_cooling(self, at: datetime) -> bool:
        return at < self._cools_until

    def used(self, at: datetime, tokens: float) -> Mapping[str, str]:
        """The headers of an answer that spent this many weighted tokens."""
        self._roll(at)
        for window in self._used:
            self._used[window] += tokens
        return self._headers("allowed")

    def refused(self, at: datetime) -> Mapping[str, str]:
        """The headers of the refusal; from now on the plan cools down until the reset."""
        self._roll(at)
        self._cools_until = self._resets["5h"]
        return self._headers("rejected")

    def _roll(self, at: datetime) -> None:
        for window, length in (("5h", FIVE_HOURS), ("7d", WEEK)):
            if at >= self._resets[window]:
                self._resets[window] = at.replace(minute=0, second=0, microsecond=0) + length
                self._used[window] = 0.0

    def _headers(self, status: str) -> Mapping[str, str]:
        shares = {
            "5h": min(self._used["5h"] / FIVE_HOUR_TOKENS, 1.0),
            "7d": min(self._used["7d"] / WEEK_TOKENS, 0.99),
        }
        headers = {HEADER + "status": status, HEADER + "representative-claim": "five_hour"}
        for window, share in shares.items():
            resets_at = self._resets[window].replace(tzinfo=UTC)
            headers[f"{HEADER}{window}-utilization"] = f"{share:.4f}"
            headers[f"{HEADER}{window}-reset"] = str(int(resets_at.timestamp()))
            headers[f"{HEADER}{window}-status"] = status if window == "5h" else "allowed"
        return headers
