"""The command line. Exit codes: 0 done, 1 the answer is no, 2 bad use or bad input."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import duckdb
import polars as pl
import typer
from typer.exceptions import TyperException

from collector import ledger
from collector.files import SQL, data_folder, ledger_file
from collector.gate_file import read_gate
from collector.live_policy import LivePolicy
from dashboard import client_commands, explain_request, explain_text, history
from dashboard import demo as demo_data
from dashboard import doctor as examination
from dashboard import explain as explanation
from dashboard.alert_command import alerts
from dashboard.policy_commands import app as policy_app
from dashboard.report_command import report
from dashboard.review import review
from dashboard.simulate import simulate
from dashboard.tables import as_text, plain
from dashboard.tune import tune
from dashboard.up import Wanted
from dashboard.up import up as run_up
from dashboard.use import use

app = typer.Typer(
    help="A gate between Claude Code and every model that can answer it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(policy_app, name="policy")
app.command()(use)
app.command()(simulate)
app.command()(report)
app.command()(review)
app.command()(alerts)
app.command()(tune)
client_commands.add_to(app)
Format = Annotated[str, typer.Option("--format", help="table, json or csv")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


@app.command()
def up(  # noqa: PLR0913  # one option each, as documented
    port: Annotated[int, typer.Option(help="base URL for Claude Code")] = 4000,
    intercept_port: Annotated[int, typer.Option(help="for HTTPS_PROXY")] = 8080,
    upstream: Annotated[str, typer.Option(help="where calls go")] = "https://api.anthropic.com",
    dashboard_port: int = 8501,
    host: Annotated[str, typer.Option(help="beyond loopback needs FAREGATE_TOKEN")] = "127.0.0.1",
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard")] = False,
    no_import: Annotated[bool, typer.Option("--no-import")] = False,
) -> None:
    """Run the gate, the import of past history and the dashboard, until Ctrl-C."""
    wanted = Wanted(
        host=host,
        port=port,
        intercept_port=intercept_port,
        upstream=upstream,
        dashboard_port=dashboard_port,
        dashboard=not no_dashboard,
        history=not no_import,
    )
    raise typer.Exit(run_up(wanted, lambda line: print(line, flush=True)))


@app.command()
def status(as_json: AsJson = False) -> None:
    """What runs, what today cost, how full the limit windows are."""
    found = examination.status(data_folder())
    print(json.dumps(found, indent=2, default=plain) if as_json else examination.told(found))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look for what would go wrong, and say what to do about it."""
    findings = examination.findings(data_folder(), Path.home(), Path.cwd(), os.environ)
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.verdict:4}  {finding.what}")
    raise typer.Exit(1 if any(finding.verdict == "fail" for finding in findings) else 0)


@app.command()
def ask(
    kpi: str,
    values: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE")] = None,
    form: Format = "table",
) -> None:
    """Answer one KPI of sql/kpi/."""
    variables = dict(_pair(text) for text in values or [])
    with _reading() as db:
        try:
            answer = ledger.ask(db, kpi, **variables)
        except FileNotFoundError:
            known = ", ".join(sorted(file.stem for file in (SQL / "kpi").glob("*.sql")))
            raise ValueError(f"no KPI named {kpi!r}; known are {known}") from None
    print(as_text(answer, form))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise ValueError(f"--set {text!r} is not NAME=VALUE")
    return name, value


@app.command("sql")
def run_sql(query: str, form: Format = "table") -> None:
    """Ask the ledger anything, read-only."""
    with _reading() as db:
        relation = db.sql(query)
        answer = relation.pl() if relation else pl.DataFrame()
    print(as_text(answer, form))


@app.command()
def check(as_json: AsJson = False) -> None:
    """Run sql/checks/: each is a query that must return nothing."""
    with _reading() as db:
        found = {file.stem: db.sql(file.read_text()).pl() for file in examination.check_files()}
    if as_json:
        print(json.dumps({name: rows.to_dicts() for name, rows in found.items()}, default=plain))
    else:
        for name, rows in found.items():
            print(f"{'ok  ' if rows.is_empty() else 'FAIL'}  {name}")
            if not rows.is_empty():
                print(as_text(rows.head(10), "table"))
    raise typer.Exit(0 if all(rows.is_empty() for rows in found.values()) else 1)


@app.command()
def explain(
    call_id: Annotated[str | None, typer.Argument(help="as in x-faregate-call-id")] = None,
    request: Annotated[
        Path | None, typer.Option(help="a file: method, path, headers, body; or a bare body")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a call went where it went, or where a request would go now."""
    if (call_id is None) == (request is None):
        raise ValueError("name one call, or a file with --request")
    with _reading() as db:
        told = (
            explain_request.of_request(db, data_folder(), explain_request.read(request))
            if request
            else explanation.of_call(db, data_folder(), str(call_id))
        )
    if as_json:
        print(json.dumps(explanation.as_object(told), indent=2, default=plain))
    else:
        print("\n".join(explain_text.as_lines(told)))


@app.command()
def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", min=1)] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until Ctrl-C")] = False,
) -> None:
    """The last calls, one line each."""
    folder = data_folder()
    if not read_gate(folder):
        history.load_journal(folder)
    history.show_calls(folder, lines, follow=follow)


@app.command("import")
def import_history(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="default: Claude Code's folders")
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="one line at the end")] = False,
) -> None:
    """Read Claude Code's transcripts into the ledger; any number of times."""
    missing = [str(path) for path in paths or [] if not path.exists()]
    if missing:
        raise ValueError(f"no such file or folder: {', '.join(missing)}")
    history.import_history(data_folder(), paths or [], as_json=as_json, quiet=quiet)


@app.command()
def reconcile(
    values: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE")] = None,
    form: Format = "table",
) -> None:
    """Per day: calls on the wire only, in transcripts only, in both, and their difference."""
    ask("reconcile", values, form)


@app.command()
def reprice(
    start: Annotated[str | None, typer.Option(help="first day, YYYY-MM-DD")] = None,
    end: Annotated[str | None, typer.Option(help="day after the last, YYYY-MM-DD")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute costs anew with the prices of today's price list, and say what changed."""
    history.reprice_period(data_folder(), start, end, as_json=as_json)


@app.command()
def demo(
    seed: int = 20,
    days: Annotated[int, typer.Option(min=1, help="how many, up to today")] = demo_data.DAYS,
    remove: Annotated[bool, typer.Option("--remove", help="take it out again")] = False,
    beside_real: Annotated[bool, typer.Option("--beside-real")] = False,
) -> None:
    """Fill the data folder with a made-up month, to look around."""
    if remove:
        history.remove_demo(data_folder())
    else:
        history.demo(data_folder(), seed, days, beside_real=beside_real)


def _reading() -> Any:
    """A read-only connection, after what waits in the journal was loaded if no gate does that."""
    folder = data_folder()
    if not read_gate(folder):
        history.load_journal(folder)
    return ledger.reading(ledger_file(folder))


def main() -> None:
    os.umask(0o077)
    try:
        LivePolicy(data_folder())
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except TyperException as error:  # bad use: typer's own words, on one line
        said = getattr(error, "format_message", error.__str__)()
        _refuse(f"{said.rstrip('.')}; see `faregate --help`")
    except (OSError, ValueError, RuntimeError, duckdb.Error) as error:
        _refuse(str(error).splitlines()[0])
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def _refuse(why: str) -> None:
    print(f"faregate: {' '.join(why.split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
