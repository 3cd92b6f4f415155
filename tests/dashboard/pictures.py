"""The pictures of docs/, made by whoever walks the pages.

FAREGATE_PICTURES names the folder that takes them; without it, none is made.
"""

import io
import os
from pathlib import Path

from PIL import Image

from tests.dashboard.browser import Watch

FOLDER = os.environ.get("FAREGATE_PICTURES")
MOST_BYTES = 350_000
TALLEST_PX = {"overview": 1500, "overview-dark-ja": 1500, "whatif": 1960, "routing": 1460,
              "advice": 1400, "settings": 1020, "limits": 1330, "calls": 960}  # fmt: skip
KEPT = (
    "overview", "overview-dark-ja", "spend", "session", "cache", "limits", "routing", "advice",
    "whatif", "experiments", "report", "settings", "calls", "spend-narrow", "limits-narrow",
)  # fmt: skip


def keep(seen: Watch, name: str) -> None:
    """The page as it stands, in fewer colours if it must be, if docs/ shows it."""
    if not FOLDER or name not in KEPT:
        return
    size = seen.page.viewport_size
    assert size is not None
    content = 'document.querySelector("[data-testid=stMain]").scrollHeight'
    height = min(int(seen.page.evaluate(content)), TALLEST_PX.get(name, 1800))
    seen.page.set_viewport_size({"width": size["width"], "height": height})
    seen.settle()
    picture = Image.open(io.BytesIO(seen.page.screenshot())).convert("RGB")
    file = Path(FOLDER) / f"{name}.png"
    picture.save(file, optimize=True)
    if file.stat().st_size > MOST_BYTES:
        picture.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    assert file.stat().st_size <= MOST_BYTES, name
