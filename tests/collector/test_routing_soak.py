"""Twenty clients at once and providers that fail at random: every call ends clearly, on record."""

from pathlib import Path

from tests.bench.soak import soak, told

CALLS = 500


def test_every_call_is_answered_or_fails_clearly_and_every_attempt_is_kept(tmp_path: Path):
    soaked = soak(tmp_path / "data", CALLS, streams=20)
    assert soaked.broken == [], told(soaked)
    assert sum(soaked.outcomes.values()) == soaked.rows == CALLS
    assert soaked.outcomes["200"] > 0.9 * CALLS
    # An attempt whose connection was lost on its way was seen by nobody.
    assert soaked.seen <= soaked.attempts <= soaked.seen * 1.02
