"""What `faregate status` and `faregate doctor` find."""

import asyncio
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import polars as pl

from collector import ledger
from collector.files import SQL, ledger_file
from collector.gate_file import read_gate
from collector.live_policy import LivePolicy
from collector.prices import overrides_file, price_rows
from collector.provider_address import is_anthropic
from collector.provider_check import Finding as Finding
from collector.provider_check import check, models_wanted
from collector.routing import SILENT
from dashboard import launch
from dashboard.experiment_words import standing
from router.call import Bill
from router.policy_model import Policy

LOW_DISK_BYTES = 500 << 20
STATUS_LINE = '"statusLine": {"type": "command", "command": "faregate statusline"}'


def check_files() -> list[Path]:
    return sorted((SQL / "checks").glob("*.sql"))


def status(folder: Path) -> dict[str, Any]:
    """`gate`, `live` (the gate's own word), `loader`, `today` and `windows`; null where unknown."""
    gate = read_gate(folder)
    found: dict[str, Any] = {
        "data": str(folder),
        "gate": gate,
        "live": _asked_gate(gate) if gate else None,
        "loader": _loader_state(folder),
        "today": None,
        "windows": [],
        "ledger_fault": None,
    }
    try:
        with ledger.reading(ledger_file(folder), wait_s=2) as db:
            found["today"] = ledger.ask(db, "today").to_dicts()[0]
            found["windows"] = ledger.ask(db, "live_windows").to_dicts()
    except (ledger.LedgerBusyError, ledger.LedgerBrokenError, duckdb.Error, OSError) as error:
        found["ledger_fault"] = str(error).splitlines()[0]
    return found


def told(found: dict[str, Any]) -> str:
    """The status in a few lines."""
    gate, today = found["gate"], found["today"]
    running = f"{gate['url']} → {gate['upstream']}" if gate else "not running; `faregate up`"
    lines = [f"gate      {running}", f"data      {found['data']}"]
    if today:
        lines.append(
            f"today     {today['calls']} calls, ${today['paid_usd']:.2f} paid in cash, "
            f"${today['list_usd']:.2f} list value, {today['unpriced']} unpriced"
        )
    lines += [f"window    {_window_line(window)}" for window in found["windows"]]
    lines += _routing_lines(_live(found, "routing") or {})
    loader = found["loader"] or {}
    if loader.get("pending_bytes"):
        lines.append(f"journal   {loader['pending_bytes']:,} bytes wait to be loaded")
    faults = (found["ledger_fault"], loader.get("warning"), _live(found, "policy_fault"))
    lines += [f"warning   {fault}" for fault in faults if fault]
    return "\n".join(lines)


def _live(found: dict[str, Any], key: str) -> Any:
    return (found["live"] or {}).get(key)


def _routing_lines(routing: dict[str, Any]) -> list[str]:
    policies = routing.get("policies", {})
    lines = [f"policy    {version}, for calls on {login}" for login, version in policies.items()]
    lines += [f"pinned    {use}; `faregate use --clear` ends it" for use in routing.get("pins", [])]
    lines += [f"trying    {standing(one)}" for one in routing.get("experiments", [])]
    for one in routing.get("resting", []):
        lines.append(f"resting   {one['target']} until {one['until']}: {one['why']}")
    return lines


def _window_line(window: dict[str, Any]) -> str:
    used = window.get("utilization")
    share = "?" if used is None else f"{used:.0%}"
    return f"{window['limit_window']} {share}, resets {window.get('resets_at') or '?'} UTC"


def findings(folder: Path, home: Path, here: Path, environ: Mapping[str, str]) -> list[Finding]:
    """All that was looked at, the good and the bad."""
    gate = read_gate(folder)
    looks = (
        _look_at_data(folder),
        _look_at_gate(gate),
        _look_at_ledger(folder),
        _look_at_settings(gate, home, here, environ),
        _look_at_environment(gate, environ),
        _look_at_client(),
        _look_at_providers(folder, gate, environ),
    )
    return [finding for look in looks for finding in look]


def _look_at_data(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        yield Finding("warn", f"{folder} has {free >> 20} MB free; make room: the journal needs it")
    else:
        yield Finding("ok", f"{folder} is writable")
    policy = LivePolicy(folder)
    faults = (policy.fault, _overrides_fault(folder))
    yield from (Finding("fail", fault) for fault in faults if fault)


def _overrides_fault(folder: Path) -> str | None:
    try:
        price_rows(overrides_file(folder))
    except (OSError, ValueError) as error:
        return str(error)
    return None


def _look_at_gate(gate: dict[str, Any] | None) -> Iterator[Finding]:
    if not gate:
        yield Finding("fail", "no gate is running; start it with `faregate up`")
        return
    live = _asked_gate(gate)
    if live is None:
        yield Finding("fail", f"the gate at {gate['url']} does not answer; restart `faregate up`")
        return
    yield Finding("ok", f"the gate answers at {gate['url']}")
    if live["journal_warning"]:
        yield Finding("fail", live["journal_warning"])
    yield _reachable(gate)


def _reachable(gate: dict[str, Any]) -> Finding:
    try:
        request = urllib.request.Request(gate["upstream"], method="HEAD")
        with urllib.request.urlopen(request, timeout=10):
            pass
    except urllib.error.HTTPError:
        pass  # it answered, whatever it said
    except (OSError, ValueError) as error:
        return Finding("fail", f"{gate['upstream']} cannot be reached: {error}; check the network")
    return Finding("ok", f"{gate['upstream']} can be reached")


def _look_at_ledger(folder: Path) -> Iterator[Finding]:
    try:
        with ledger.reading(ledger_file(folder), wait_s=2) as db:
            unpriced: pl.DataFrame = ledger.ask(db, "unpriced")
    except ledger.LedgerBusyError as error:
        yield Finding("warn", f"{error}; close that program, calls wait in the journal")
    except (ledger.LedgerBrokenError, duckdb.Error, OSError) as error:
        yield Finding("fail", f"{error}; move the file away and it is rebuilt from the journal")
    else:
        yield Finding("ok", "the ledger can be read")
        for row in unpriced.head(5).to_dicts():
            where = folder / "price_overrides.toml"
            yield Finding("warn", f"no price for {row['target']} ({row['reason']}): see {where}")
    state = _loader_state(folder)
    if state and state["warning"]:
        yield Finding("warn", state["warning"])


def _look_at_settings(
    gate: dict[str, Any] | None, home: Path, here: Path, environ: Mapping[str, str]
) -> Iterator[Finding]:
    for file, url in launch.overriding_settings(home, here, environ).items():
        if not gate or not url.startswith(gate["url"]):
            yield Finding(
                "fail", f"{file} sets ANTHROPIC_BASE_URL={url}, which wins; remove it there"
            )
    config = Path(environ.get("CLAUDE_CONFIG_DIR", home / ".claude")) / "settings.json"
    if config.exists() and '"cleanupPeriodDays"' not in config.read_text(errors="replace"):
        what = f"{config} has no cleanupPeriodDays: transcripts are deleted after 30 days"
        yield Finding("warn", f"{what}; run `faregate import` at least that often")
    if not (config.exists() and '"statusLine"' in config.read_text(errors="replace")):
        yield Finding("ok", f"no status line is set; {STATUS_LINE} in {config} shows today's cost")


def _look_at_environment(
    gate: dict[str, Any] | None, environ: Mapping[str, str]
) -> Iterator[Finding]:
    proxied = [name for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy") if environ.get(name)]
    spared = environ.get("NO_PROXY", environ.get("no_proxy", ""))
    if proxied and "127.0.0.1" not in spared:
        what = f"{proxied[0]} is set and NO_PROXY lacks 127.0.0.1"
        yield Finding("warn", f"{what}: Claude Code would bypass the gate; use `faregate env`")
    if environ.get("ANTHROPIC_API_KEY") or environ.get("ANTHROPIC_AUTH_TOKEN"):
        yield Finding(
            "warn", "a key or token of Anthropic's is set: Claude Code bills it, not a plan"
        )
    if gate and not environ.get("FAREGATE_TOKEN") and "127.0.0.1" not in gate.get("url", ""):
        yield Finding("fail", "the gate listens beyond loopback: set FAREGATE_TOKEN in this shell")


def _look_at_client() -> Iterator[Finding]:
    program = launch.found_on_path("claude")
    if program:
        yield Finding("ok", f"Claude Code is at {program}")
    else:
        yield Finding("warn", "`claude` is not on the PATH; install Claude Code")


def _look_at_providers(
    folder: Path, gate: dict[str, Any] | None, environ: Mapping[str, str]
) -> list[Finding]:
    """Those of the routes in force; without routes of your own, once a plan login was seen.

    The gate's upstream stands for Anthropic, and was looked at with the gate.
    """
    live = LivePolicy(folder)
    login = Bill.PLAN if live.now.routes or _has_seen_a_plan(folder) else Bill.CASH
    in_force = live.rules_for(login)
    if not in_force:
        return []
    policy = in_force.rules.policy
    held = _live_keys(gate) - environ.keys()
    wanted = {
        name: models
        for name, models in models_wanted(policy).items()
        if not (gate and is_anthropic(policy.providers[name]) and policy.providers[name].auth)
        and policy.providers[name].api_key_env not in held
    }
    found = [
        Finding("ok", f"{variable} is set where the gate runs; set it here too to look further")
        for variable in sorted(held)
    ]
    return found + asyncio.run(_checked(policy, wanted, environ))


def _live_keys(gate: dict[str, Any] | None) -> set[str]:
    """The environment variables with keys that the running gate has; never their values."""
    live = _asked_gate(gate) if gate else None
    return set(((live or {}).get("routing") or {}).get("keys", ()))


def _has_seen_a_plan(folder: Path) -> bool:
    try:
        with ledger.reading(ledger_file(folder), wait_s=2) as db:
            return not ledger.ask(db, "live_windows").is_empty()
    except (ledger.LedgerBusyError, ledger.LedgerBrokenError, duckdb.Error, OSError):
        return False  # said where the ledger was looked at


async def _checked(
    policy: Policy, wanted: Mapping[str, list[str]], keys: Mapping[str, str]
) -> list[Finding]:
    async with httpx.AsyncClient() as client:
        found = await asyncio.gather(
            *(
                check(name, policy.providers[name], models, keys, client)
                for name, models in wanted.items()
            )
        )
    return [finding for findings in found for finding in findings]


def _asked_gate(gate: dict[str, Any]) -> dict[str, Any] | None:
    """The gate's own status, or None when it does not answer."""
    request = urllib.request.Request(f"{gate['url']}/faregate/status")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            live: dict[str, Any] = json.load(answer)
            return live
    except (OSError, ValueError):
        return None


def resting_providers(folder: Path) -> list[str]:
    """The providers that the running gate leaves out because they do not answer its probes."""
    gate = read_gate(folder)
    return silent_in(((_asked_gate(gate) if gate else None) or {}).get("routing") or {})


def silent_in(routing: Mapping[str, Any]) -> list[str]:
    silent = (one["target"] for one in routing.get("resting", []) if one["why"] == SILENT)
    return sorted({target.partition("/")[0] for target in silent})


def _loader_state(folder: Path) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads((folder / "loader.json").read_text())
    except (OSError, ValueError):
        return None
    return state | {"at": datetime.fromtimestamp(state["at"], UTC)}
