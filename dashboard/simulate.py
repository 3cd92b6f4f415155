"""`faregate simulate`: the ledger's calls under other policies and plans, as a table or JSON."""

from pathlib import Path
from typing import Annotated

import typer

from collector.files import data_folder

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


def simulate(
    policy: Annotated[
        str | None, typer.Option(help="a file, a preset policy, a version, or live")
    ] = None,
    plan: Annotated[str | None, typer.Option(help="pro, max5x, max20x or api")] = None,
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default: the last 30 days")] = None,
    preset: Annotated[
        str | None, typer.Option(help="as_logged, all_opus, …, or seed for the estimate's figures")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay past calls under other policies and plans, beside what was."""
    from dashboard import simulated  # large, and seldom needed

    if preset == "seed":
        told = simulated.seed_json() if as_json else simulated.seed_table()
    else:
        folder: Path = data_folder()
        asked = simulated.Asked(policy=policy, plan=plan, month=month, preset=preset)
        found = simulated.simulated(folder, asked)
        told = simulated.as_json(found) if as_json else simulated.as_table(found)
    print(told)  # noqa: T201
