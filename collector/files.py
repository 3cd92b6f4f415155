"""Where faregate keeps its files."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"
DEFAULTS = ROOT / "data"


def data_folder() -> Path:
    """`FAREGATE_DATA`, else `data/` of the checkout, else the user's data folder; made if missing.

    Raises:
        OSError: the folder cannot be made or written.
    """
    named = os.environ.get("FAREGATE_DATA")
    if named:
        folder = Path(named).expanduser()
    elif (ROOT / "pyproject.toml").exists():
        folder = DEFAULTS
    else:
        folder = _installed_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(
            f"cannot read and write {folder}; set FAREGATE_DATA to a folder you own"
        )
    return folder


def _installed_folder() -> Path:
    import platformdirs  # the statusline has no 40 ms to load what a checkout never needs

    return Path(platformdirs.user_data_dir("faregate"))


def ledger_file(folder: Path) -> Path:
    return folder / "ledger.duckdb"


def journal_folder(folder: Path) -> Path:
    return folder / "journal"


def replace(file: Path, content: bytes) -> None:
    """Write a file of this user's in one step: a reader sees the old one or the new one.

    Raises:
        OSError
    """
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(file)
