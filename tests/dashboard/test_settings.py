"""Settings are kept as they were saved, and a broken file is named."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboard import settings
from dashboard.settings import Alerts, Goals, Settings


def test_without_a_file_the_defaults_hold(tmp_path: Path):
    assert settings.read(tmp_path) == Settings()


def test_what_was_saved_is_read_again(tmp_path: Path):
    wanted = Settings(
        language="ja",
        currency="JPY",
        usd_jpy=Decimal("151.25"),
        usd_jpy_on=date(2026, 11, 1),
        zone="Asia/Tokyo",
        goals=Goals(quality_least=0.95),
        alerts=Alerts(day_usd=20, webhook_env="ALERTS_URL"),
    )
    settings.write(tmp_path, wanted)
    assert settings.read(tmp_path) == wanted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "zone = 'Mars/Olympus'",
            "settings.toml: zone: Value error, 'Mars/Olympus' is no time zone",
        ),
        ("[goals]\nquality_least = 2", "settings.toml: goals.quality_least: Input should be"),
        ("[alerts]\ncolour = 1", "settings.toml: alerts.colour: Extra inputs"),
        ("language = ", "settings.toml: Invalid value"),
    ],
)
def test_a_faulty_file_is_named_with_its_key(tmp_path: Path, text: str, told: str):
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(ValueError, match="settings") as caught:
        settings.read(tmp_path)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


def test_settings_are_changed_in_part(tmp_path: Path):
    first = Settings(language="ja", goals=Goals(quality_least=0.9))
    assert settings.changed(first, {"goals": {"cache_least": 0.4}}) == Settings(
        language="ja", goals=Goals(quality_least=0.9, cache_least=0.4)
    )
    with pytest.raises(ValueError, match="webhook_env: Value error, write the name"):
        settings.changed(first, {"alerts": {"webhook_env": "https://hooks.example"}})
