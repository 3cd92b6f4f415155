"""`faregate policy …`: look at a policy, and change it without half-applied steps."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from collector import ledger, policies, prices
from collector.files import data_folder, ledger_file
from collector.live_policy import LivePolicy
from collector.other_arm import faults_of_other
from dashboard.policy_text import differences, shown
from dashboard.tables import as_text
from router import ccr
from router.call import Bill
from router.columns import FACT_COLUMNS
from router.policy import digest, faults, located, text_of
from router.policy_check import check as findings_of
from router.policy_model import Policy, Target
from router.price_book import PriceBook, UnknownPriceError

app = typer.Typer(help="The policy: check, columns, show, diff, apply, rollback, import-ccr.")
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]
CCR_CONFIG = Path.home() / ".claude-code-router" / "config.json"
HISTORY = """
select applied_at, policy_version,
       (select count(*) from call_log as calls
        where calls.policy_version = policy_log.policy_version) as calls
from policy_log order by applied_at desc
"""


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="default: the live policy")] = None,
    as_json: AsJson = False,
) -> None:
    """Name what is wrong with a policy, and what it will not do as its reader may think."""
    folder = data_folder()
    named = policies.live(folder) if file is None else policies.Named(str(file), file.read_text())
    found = _faults(named) or _other_faults(folder, named) or _findings(folder, named)
    if as_json:
        _say(json.dumps({"file": named.name, "findings": found}, indent=2))
    else:
        for line in found or [f"{named.name} is in order, version {digest(named.policy)}"]:
            _say(line)
    raise typer.Exit(1 if found else 0)


@app.command()
def columns(as_json: AsJson = False) -> None:
    """Every column that a rule's `when` may ask about."""
    told = [
        {"column": name, "type": column.type.__name__, "about": column.about}
        for name, column in FACT_COLUMNS.items()
    ]
    _say(json.dumps(told, indent=2) if as_json else as_text(pl.DataFrame(told), "table"))


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="file, preset or version")] = None,
    as_toml: Annotated[bool, typer.Option("--toml", help="as a policy file")] = False,
    as_json: AsJson = False,
    history: Annotated[bool, typer.Option("--history", help="versions and their calls")] = False,
) -> None:
    """Show the policy in force, or another."""
    folder = data_folder()
    if history:
        with ledger.reading(ledger_file(folder)) as db:
            _say(as_text(db.sql(HISTORY).pl(), "json" if as_json else "table"))
        return
    policy, source = _in_force(folder) if name is None else _other(folder, name)
    if as_json:
        said = {
            "version": digest(policy),
            "source": source,
            "policy": policy.model_dump(mode="json"),
        }
        _say(json.dumps(said, indent=2, default=str))
    else:
        _say(text_of(policy).rstrip() if as_toml else shown(policy, source))


@app.command()
def diff(
    one: Annotated[str | None, typer.Argument(help="file, preset or version")] = None,
    other: Annotated[str | None, typer.Argument(help="default: the policy in force")] = None,
) -> None:
    """Tell how two policies differ in meaning; 1 where they do."""
    folder = data_folder()
    if one is None:
        old, new = policies.last_replaced(folder).policy, _in_force(folder)[0]
    elif other is None:
        old, new = _in_force(folder)[0], policies.found(folder, one).policy
    else:
        old, new = (policies.found(folder, name).policy for name in (one, other))
    lines = differences(old, new)
    for line in lines or ["they say the same"]:
        _say(line)
    raise typer.Exit(1 if lines else 0)


@app.command()
def apply(name: Annotated[str, typer.Argument(help="a file, or a preset")]) -> None:
    """Put a policy into force, whole or not at all; what was there can be rolled back."""
    folder = data_folder()
    chosen = policies.found(folder, name)
    if chosen.name.startswith("preset"):
        chosen = policies.with_settings(chosen, LivePolicy(folder).now)
    _put(folder, chosen)


@app.command()
def rollback(version: Annotated[str | None, typer.Argument()] = None) -> None:
    """Put the policy before this one, or a version, back into force."""
    folder = data_folder()
    _put(folder, policies.found(folder, version) if version else policies.last_replaced(folder))


@app.command("import-ccr")
def import_ccr(
    config: Annotated[Path, typer.Argument(help="claude-code-router's config")] = CCR_CONFIG,
    out: Annotated[Path, typer.Option(help="where to write it")] = Path("policy.from-ccr.toml"),
    force: Annotated[bool, typer.Option("--force", help="overwrite it")] = False,
    put: Annotated[bool, typer.Option("--apply", help="and put it into force")] = False,
) -> None:
    """Make a policy of a claude-code-router configuration, each key accounted for."""
    imported = ccr.imported(config.read_text(), os.environ, config.name)
    if out.exists() and not force:
        raise ValueError(f"{out} exists; name another with --out, or add --force")
    out.write_text(imported.text)
    for entry in imported.account:
        _say(f"{'kept' if entry.kept else 'left':4}  {entry.key}: {entry.became}")
    policy = policies.Named(str(out), imported.text).policy
    needed = {p.api_key_env for p in policy.providers.values() if p.api_key_env}
    unset = sorted(name for name in needed if not os.environ.get(name))
    _say(f"{out} written, version {digest(policy)}; look at it with `faregate policy check {out}`")
    if unset:
        _say(f"set where the gate runs: {', '.join(unset)}")
    if put:
        _put(data_folder(), policies.Named(str(out), imported.text))


def _put(folder: Path, chosen: policies.Named) -> None:
    old = LivePolicy(folder).now
    before, after = policies.put(folder, chosen)
    _say(f"{before} → {after}, from {chosen.name}; a running gate takes it up within a second")
    for line in differences(old, chosen.policy):
        _say(line)


def _faults(named: policies.Named) -> list[str]:
    found = faults(named.text, named.name)
    if found:
        return found
    try:
        _ = named.policy
    except ValueError as error:
        return [str(error)]
    return []


def _other_faults(folder: Path, named: policies.Named) -> list[str]:
    return faults_of_other(folder, named.policy, named.text, named.name)


def _findings(folder: Path, named: policies.Named) -> list[str]:
    policy = named.policy
    with ledger.writing(ledger_file(folder)) as db:
        columns = [name for name, *_ in db.execute("describe facts").fetchall()]
        known = _price_known(prices.fresh_book(db, folder, policy.baseline_model))
        found = findings_of(policy, columns, known)
    return [located(named.text, named.name, one.key, one.text) for one in found]


def _price_known(book: PriceBook) -> Callable[[Target], bool]:
    now = datetime.now(UTC).replace(tzinfo=None)

    def known(target: Target) -> bool:
        try:
            return bool(book.rates(target, now).units)
        except UnknownPriceError:
            return False

    return known


def _in_force(folder: Path) -> tuple[Policy, str]:
    live = LivePolicy(folder)
    if live.now.routes:
        return live.now, f"from {policies.live_file(folder)}"
    in_force = live.rules_for(Bill.PLAN)
    assert in_force
    source = "the preset plan, for calls with a plan login; those with an API key go as asked"
    return in_force.rules.policy, source


def _other(folder: Path, name: str) -> tuple[Policy, str]:
    named = policies.found(folder, name)
    return named.policy, named.name


def _say(text: str) -> None:
    print(text)  # noqa: T201
