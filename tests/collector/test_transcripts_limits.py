from datetime import datetime

import pytest

from collector.transcripts.limits import resets_at, window_of

ASKED = datetime(2026, 3, 2, 21, 30)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("You've hit your session limit · resets 10:56pm (UTC)", "five_hour"),
        ("You've hit your weekly limit · resets 9am (UTC)", "seven_day"),
        ("You've hit your Opus limit · resets 9am (UTC)", "seven_day_opus"),
        ("You've hit your Sonnet limit · resets 9am (UTC)", "seven_day_sonnet"),
        ("You've hit your limit · resets 9am (UTC)", "overage"),
        ("Claude AI usage limit reached|1772490600", "five_hour"),
        ("5-hour limit reached ∙ resets 7pm", "five_hour"),
        ("Weekly limit reached ∙ resets Mar 6, 5pm", "seven_day"),
        ("Opus weekly limit reached ∙ resets Mar 6, 5pm", "seven_day_opus"),
        ("API Error: Request rejected (429) · usage limit reached", None),
        ("API Error: Connection closed mid-response.", None),
        ("No response requested.", None),
    ],
)
def test_a_notice_names_its_window(text: str, window: str | None):
    assert window_of(text) == window


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("resets 10:56pm (UTC)", datetime(2026, 3, 2, 22, 56)),
        ("resets 9am (UTC)", datetime(2026, 3, 3, 9)),
        ("resets 12am (UTC)", datetime(2026, 3, 3, 0)),
        ("resets 7am (Asia/Tokyo)", datetime(2026, 3, 2, 22)),
        ("resets 6am (Asia/Tokyo)", datetime(2026, 3, 3, 21)),
        ("resets Mar 6, 5pm (UTC)", datetime(2026, 3, 6, 17)),
        ("resets Jan 2 at 5pm (UTC)", datetime(2027, 1, 2, 17)),
        ("Claude AI usage limit reached|1772490600", datetime(2026, 3, 2, 22, 30)),
        ("resets Feb 30, 5pm (UTC)", None),
        ("resets 14pm (UTC)", None),
        ("come back later", None),
    ],
)
def test_the_reset_is_the_next_such_time_after_the_notice(text: str, at: datetime | None):
    assert resets_at(text, ASKED) == at
