"""`faregate policy`: looked at, changed whole or not at all, and taken back."""

import json
import re
from pathlib import Path

import pytest

from collector.files import ROOT
from tests.collector.routed import OPUS, routed_gate, task
from tests.collector.test_routing import new_session
from tests.dashboard.test_cli import assert_refused, run, told

GOOD = """
[providers.anthropic]
base_url = "https://api.anthropic.com"
auth = "client"
[routes]
default = ["anthropic/asked"]
"""
KEY = "sk-or-v1-0123456789abcdefghij"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def live(folder: Path) -> str:
    return (folder / "policy.toml").read_text()


def test_a_fresh_folder_shows_whom_the_preset_routes(folder: Path):
    shown = run(folder, "policy", "show").stdout
    assert "the preset plan, for calls with a plan login" in shown
    assert "rule default" in shown
    assert "max/asked → " in shown


def test_every_column_of_a_rule_is_told_on_the_shell_and_in_the_folder_of_questions(folder: Path):
    told = json.loads(run(folder, "policy", "columns", "--json").stdout)
    page = (ROOT / "sql" / "README.md").read_text()
    for column in told:
        assert f"| `{column['column']}` | {column['type']} | {column['about']} |" in page
    assert {"kind", "complexity", "input_tokens"} <= {column["column"] for column in told}


def test_apply_puts_a_preset_in_and_rollback_takes_it_out(folder: Path):
    run(folder, "policy", "show")
    before = live(folder).replace("body_days = 14", "body_days = 3")
    (folder / "policy.toml").write_text(before)
    applied = run(folder, "policy", "apply", "api")
    assert applied.returncode == 0, applied.stderr
    assert "preset api" in applied.stdout
    assert "body_days = 3" in live(folder)
    assert "[routes]" in live(folder)
    assert run(folder, "policy", "check").returncode == 0
    assert run(folder, "policy", "rollback").returncode == 0
    assert live(folder) == before
    run(folder, "policy", "rollback")
    assert "[routes]" in live(folder)


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("routes = 3\n", "routes"),
        (GOOD.replace("anthropic/asked", "nobody/x"), "nobody"),
        (GOOD + '[[rules]]\nname = "a"\nwhen = "colour = 1"\nroute = "default"\n', "colour"),
        (GOOD + '[[rules]]\nname = "a"\nwhen = "kind > 1"\nroute = "default"\n', "rules.0.when"),
    ],
)
def test_a_faulty_policy_is_refused_whole(folder: Path, text: str, culprit: str):
    run(folder, "policy", "show")
    before = live(folder)
    file = folder.parent / "new.toml"
    file.write_text(text)
    assert_refused(run(folder, "policy", "apply", str(file)), "new.toml", culprit)
    assert live(folder) == before
    checked = run(folder, "policy", "check", str(file))
    assert checked.returncode == 1
    assert culprit in checked.stdout


def test_check_tells_what_a_reader_may_not_think(folder: Path):
    file = folder.parent / "new.toml"
    dear = GOOD.replace('default = ["', 'default = ["anthropic/claude-nobody-knows", "')
    rule = '[[rules]]\nname = "all"\nwhen = "true"\nroute = "default"\n'
    more = '[[rules]]\nname = "late"\nwhen = "tools > 3"\nroute = "default"\n'
    file.write_text(dear + rule + more)
    found = told_findings(folder, file)
    assert any(
        re.search(r"new\.toml line 6: routes\.default: .* has no price", one) for one in found
    )
    late = r"new\.toml line 13: rules\.1\.when: 'late' is never reached"
    assert any(re.search(late, one) for one in found)


def told_findings(folder: Path, file: Path) -> list[str]:
    ran = run(folder, "policy", "check", str(file), "--json")
    assert ran.returncode == 1
    found: list[str] = json.loads(ran.stdout)["findings"]
    return found


def test_diff_speaks_of_meaning_not_of_layout(folder: Path):
    one, other = folder.parent / "one.toml", folder.parent / "other.toml"
    one.write_text(GOOD)
    other.write_text("# the same\n" + GOOD.replace(" = ", "="))
    same = run(folder, "policy", "diff", str(one), str(other))
    assert (same.returncode, same.stdout) == (0, "they say the same\n")
    other.write_text(GOOD + "[thresholds]\nmoderate_at = 0.4\n")
    differs = run(folder, "policy", "diff", str(one), str(other))
    assert differs.returncode == 1
    assert differs.stdout == "- thresholds.moderate_at: 0.35\n+ thresholds.moderate_at: 0.4\n"


def test_a_version_that_was_in_force_can_come_back_by_its_name(tmp_path: Path):
    with routed_gate(tmp_path / "data") as routed:
        routed.ask(task(), x_claude_code_session_id=new_session())
        [call] = routed.last()
        version = call["policy_version"]
        folder = routed.gate.folder
        run(folder, "policy", "apply", "local")
        for file in (folder / "policies").glob("*"):
            file.unlink()
        assert run(folder, "policy", "rollback", version).returncode == 0
        assert run(folder, "policy", "show").stdout.startswith(f"policy     {version}")
        history = told(folder, "policy", "show", "--history", "--json")
        assert [(row["policy_version"], row["calls"]) for row in history] == [(version, 1)]
        again = routed.ask(task(), x_claude_code_session_id=new_session())
        assert again.headers["x-faregate-target"] == f"max/{OPUS}"


def test_a_claude_code_router_config_is_taken_over_without_its_secrets(folder: Path):
    config = folder.parent / "config.json"
    provider = {
        "name": "openrouter",
        "api_base_url": "https://openrouter.ai/api/v1/chat/completions",
        "api_key": KEY,
        "models": ["qwen/qwen3-coder:free"],
    }
    router = {"default": "openrouter,qwen/qwen3-coder:free"}
    config.write_text("// mine\n" + json.dumps({"Providers": [provider], "Router": router}))
    ran = run(folder, "policy", "import-ccr", str(config), "--apply")
    assert ran.returncode == 0, ran.stderr
    out = folder.parent / "policy.from-ccr.toml"
    assert KEY not in ran.stdout + out.read_text() + live(folder)
    assert "OPENROUTER_API_KEY" in ran.stdout
    assert "openrouter/qwen/qwen3-coder:free" in live(folder)
    assert_refused(run(folder, "policy", "import-ccr", str(config)), "exists", "--force")
    assert_refused(run(folder, "policy", "import-ccr", str(folder / "no.json")), "no.json")
