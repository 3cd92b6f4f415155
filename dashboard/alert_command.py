"""`faregate alerts`: what is worth telling now, and whether a message would arrive."""

import json
from typing import Annotated

import typer

from collector.files import data_folder
from dashboard import alerts as watch


def alerts(
    test: Annotated[bool, typer.Option("--test", help="send a test message")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="a list of objects")] = False,
) -> None:
    """What would be told now, whether or not it was told already; marks are in the settings."""
    folder = data_folder()
    if test:
        _test()
    held = watch.what_holds(folder)
    if as_json:
        rows = [{"alert": one.name, "subject": one.subject, "text": one.text} for one in held]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for one in held:
        print(f"{one.name:14} {one.text}")
    if not held:
        print("nothing to tell")


def _test() -> None:
    fault = watch.send_test(data_folder())
    typer.echo(f"faregate: {fault}" if fault else "sent", err=bool(fault))
    raise typer.Exit(1 if fault else 0)
