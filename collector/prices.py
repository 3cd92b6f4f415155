"""The ledger's dated prices: the listed ones, your corrections over them, the book of both."""

import hashlib
import logging
import shutil
from datetime import date, datetime, time
from importlib.metadata import version
from pathlib import Path

import duckdb

from collector import ledger
from collector.files import DEFAULTS
from collector.plans import export_plans
from router.call import Bill, Metered
from router.price import Priced, Quote, price, quote
from router.price_book import NANO, PriceBook
from router.price_row import PriceRow

FILE = "price_overrides.toml"
LAYOUT = "1"
LIST_VERSION = version("genai-prices")
MIDNIGHT = time()
COLUMNS = (
    "price_id", "provider", "match_kind", "match", "unit", "usd_per_mtok", "valid_from",
    "valid_to", "context_key", "context_value", "threshold_tokens", "source",
)  # fmt: skip

logger = logging.getLogger(__name__)


class Pricer:
    """Prices attempts with one book: provider, model, time (UTC), what was metered, who pays."""

    def __init__(self, book: PriceBook) -> None:
        self.book = book

    def __call__(
        self, provider: str, model: str | None, at: datetime, metered: Metered, bill: Bill
    ) -> Priced:
        return price(self.book, (provider, model), at, metered, bill)

    def quote(self, provider: str, model: str | None, at: datetime, metered: Metered) -> Quote:
        """The rates that a call of it uses, for many attempts at once."""
        return quote(self.book, (provider, model), at, metered)


def pricer(db: duckdb.DuckDBPyConnection, folder: Path, baseline: str) -> Pricer:
    """How to price an attempt today.

    A broken overrides file is named in the log, and the prices in force before stay in force.
    The ledger's plans are brought up to date with the prices.
    """
    export_plans(db, folder)
    return Pricer(fresh_book(db, folder, baseline))


def fresh_book(db: duckdb.DuckDBPyConnection, folder: Path, baseline: str) -> PriceBook:
    """The book after the list and the overrides of `folder` were exported, if they have changed."""
    try:
        export_prices(db, overrides_file(folder))
    except ValueError as error:
        logger.warning("%s; the previous prices stay in force", error)
        if not db.execute("select 1 from prices limit 1").fetchone():
            export_prices(db, DEFAULTS / FILE)
    return load_book(db, baseline)


def overrides_file(folder: Path) -> Path:
    """The live overrides of a data folder, seeded from the committed ones if absent."""
    file = folder / FILE
    if not file.exists():
        shutil.copyfile(DEFAULTS / FILE, file)
    return file


def export_prices(db: duckdb.DuckDBPyConnection, overrides: Path) -> bool:
    """Rewrite table `prices` if the list's version or the overrides changed; whether it was.

    Raises:
        ValueError: the overrides are broken, or two of them clash; the table is left as it was.
        OSError: the overrides cannot be opened.
    """
    version = _version(overrides)
    known = db.execute("select value from settings where name = 'prices_version'").fetchone()
    if known == (version,):
        return False
    rows = price_rows(overrides)
    db.execute("delete from prices")
    ledger.append(db, "prices", [_table_row(row) for row in rows])
    db.execute("insert or replace into settings values ('prices_version', ?)", [version])
    return True


def price_rows(overrides: Path) -> list[PriceRow]:
    """Every row, listed and overriding, checked against each other; errors as in export_prices."""
    from collector import listed_prices, price_overrides  # large, and seldom needed

    read = price_overrides.read(overrides)
    listed = listed_prices.rows()
    rows = [*listed, *price_overrides.rows(read, listed)]
    try:
        PriceBook(rows)
    except ValueError as error:
        raise ValueError(f"{overrides}: {error}") from error
    return rows


def load_book(db: duckdb.DuckDBPyConnection, baseline: str = "claude-opus-4-6") -> PriceBook:
    """The book of the rows in table `prices`.

    Raises:
        ValueError: two rows clash.
    """
    found = db.execute(f"select {', '.join(COLUMNS)} from prices").fetchall()
    named = (dict(zip(COLUMNS, row, strict=True)) for row in found)
    return PriceBook((_price_row(row) for row in named), baseline)


def _price_row(row: dict[str, object]) -> PriceRow:
    days = {name: _day(row[name]) for name in ("valid_from", "valid_to")}
    return PriceRow(**(row | days))  # type: ignore[arg-type]  # one column per field


def _day(moment: object) -> date | None:
    return moment.date() if isinstance(moment, datetime) else None


def _table_row(row: PriceRow) -> dict[str, object]:
    values = {name: getattr(row, name) for name in COLUMNS}
    usd = row.usd_per_mtok
    return {
        **values,
        "usd_per_mtok": None if usd is None else usd.quantize(NANO),
        "valid_from": _midnight(row.valid_from),
        "valid_to": _midnight(row.valid_to),
        "source_version": LIST_VERSION,
    }


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, MIDNIGHT)


def _version(overrides: Path) -> str:
    sha256 = hashlib.sha256(overrides.read_bytes()).hexdigest()
    return f"{LAYOUT} {LIST_VERSION} {sha256}"
