"""Opens every page over a large ledger and prints what it shows, a line of JSON for each.

python -m tests.dashboard.million 7d 30d     with FAREGATE_DATA set; a process of its own, so that
what a page still works out when it was read ends with it.
"""

import json
import sys
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard import ask
from tests.dashboard.opened import EVERY_PAGE, metrics, opened, text_of


def main() -> None:
    for page in EVERY_PAGE:
        for code in sys.argv[1:]:
            ask.forget()
            print(json.dumps({"page": page, "range": code, **_shown(opened(page, range=code))}))


def _shown(app: AppTest) -> dict[str, Any]:
    return {
        "faults": [fault.value for fault in [*app.exception, *app.error]],
        "metrics": metrics(app),
        "text": text_of(app),
    }


if __name__ == "__main__":
    main()
