"""`faregate simulate`, run as a user runs it."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.files import DEFAULTS
from dashboard.demo import fill_demo
from tests.dashboard.test_cli import assert_refused, run, told

ENDS_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulate") / "data"
    folder.mkdir()
    fill_demo(folder, days=24, ends_at=ENDS_AT)
    return folder


def test_every_preset_stands_beside_the_log(month: Path):
    said = told(month, "simulate", "--month", "2026-11", "--json")
    assert [one["name"] for one in said["scenarios"]] == [
        "as_logged", "all_opus", "max_local_overflow", "api_routing", "local_free",
    ]  # fmt: skip
    logged, opus, plan, routed, _ = (one["month"] for one in said["scenarios"])
    assert opus["quality"]["median"] == pytest.approx(100, abs=0.1)
    assert routed["paid_usd"]["median"] < opus["paid_usd"]["median"]
    assert plan["plan_usd"]["median"] == 200
    assert logged["list_usd"]["low"] < logged["list_usd"]["median"] < logged["list_usd"]["high"]
    assert said["scenarios"][0]["basis"]["modelled"] == 0


def test_the_table_says_what_its_numbers_rest_on(month: Path):
    ran = run(month, "simulate", "--month", "2026-11", "--preset", "max_local_overflow")
    assert ran.returncode == 0, ran.stderr
    assert "paid a month, $" in ran.stdout
    assert "calls as logged" in ran.stdout


def test_a_budget_is_kept_to_and_told_with_its_days(month: Path, tmp_path: Path):
    file = tmp_path / "tight.toml"
    preset = (DEFAULTS / "presets" / "api.toml").read_text()
    file.write_text(preset.replace("usd = 180", "usd = 20"))
    [_, one] = told(month, "simulate", "--month", "2026-11", "--policy", str(file), "--json")[
        "scenarios"
    ]
    first, *_ = one["basis"]["budget_reached"]
    assert first["mark"] == "80%" and first["step"] == "cheaper"
    assert first["on"].startswith("2026-11-")
    assert one["basis"]["budget_usd"] == 20 and one["period"]["cash_usd"] < 25
    ran = run(month, "simulate", "--month", "2026-11", "--policy", str(file))
    assert f"80% of its budget of $20 is reached on {first['on']}: cheaper" in ran.stdout


def test_the_estimate_is_told_as_claimed_and_recomputed(month: Path):
    said = told(month, "simulate", "--preset", "seed", "--json")
    assert sum(row["usd"] for row in said["mix"]) == pytest.approx(177.60)
    assert {one["name"]: one["holds"] for one in said["claims"]}["mixed"]
    assert "177.60" in run(month, "simulate", "--preset", "seed").stdout


def refused(month: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(month, "simulate", "--month", "2026-11", *words)


def test_what_cannot_be_simulated_is_named_in_one_line(month: Path, tmp_path: Path):
    faulty = tmp_path / "faulty.toml"
    faulty.write_text("[routes]\ndefault = 3\n")
    assert_refused(refused(month, "--policy", str(faulty)), "faulty.toml", "routes.default")
    assert_refused(refused(month, "--policy", "nowhere.toml"), "nowhere.toml")
    assert_refused(refused(month, "--preset", "max_local_overflow", "--plan", "max9x"), "max9x")
    assert_refused(refused(month, "--preset", "dreams"), "dreams", "all_opus")
    assert_refused(run(month, "simulate", "--month", "2031-13"), "2031-13")
    assert_refused(run(month, "simulate", "--month", "2031-01"), "no calls")


def test_a_policy_that_was_in_force_can_be_simulated(month: Path):
    said = told(month, "simulate", "--month", "2026-11", "--policy", "api", "--json")
    assert [one["name"] for one in said["scenarios"]] == ["as_logged", "api"]
    assert json.dumps(said)
