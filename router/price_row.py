"""One dated price, as table `prices` holds it, and what makes two of them clash."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import combinations

MULTIPLIER = "multiplier"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """A rate for one unit of one model family, a multiplier of its rates, or their end.

    `usd_per_mtok` is USD per million of `unit` (web searches too); the factor where `unit` is
    `multiplier`; None where it is `withdrawn`. `valid_to` is exclusive. `threshold_tokens` is
    the prompt length above which the rate holds. A `same_as` or `falls_back_to` row names in
    `match` another provider, and carries no rate.
    """

    price_id: str
    provider: str
    match_kind: str
    match: str
    unit: str = ""
    usd_per_mtok: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    context_key: str | None = None
    context_value: str | None = None
    threshold_tokens: int = 0
    source: str = ""

    @property
    def context(self) -> tuple[str, str]:
        return (self.context_key or "", self.context_value or "")

    @property
    def rank(self) -> tuple[int, int]:
        """Who wins: an override over a listed price, then the override that names more."""
        return (1, literal_length(self.match)) if self.match_kind == "glob" else (0, 0)

    def is_in_force(self, day: date) -> bool:
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)

    def overlaps(self, other: "PriceRow") -> bool:
        return _begins_before_end(self, other) and _begins_before_end(other, self)


def _begins_before_end(one: PriceRow, other: PriceRow) -> bool:
    return one.valid_from is None or other.valid_to is None or one.valid_from < other.valid_to


def literal_length(glob: str) -> int:
    """How many characters a glob pins down; a set such as [67] counts as one."""
    return len(_example(glob, any_char=""))


def check(rows: Iterable[PriceRow]) -> None:
    """
    Raises:
        ValueError: two rows of one provider claim the same unit at the same time.
    """
    rivals: dict[tuple[object, ...], list[PriceRow]] = defaultdict(list)
    for row in rows:
        rivals[_claim(row)].append(row)
    for claim in rivals.values():
        for one, other in combinations(claim, 2):
            if one.overlaps(other) and _may_meet(one, other):
                raise ValueError(
                    f"prices {one.price_id} and {other.price_id} hold at the same time; "
                    "end one, or name its models more narrowly"
                )


def _claim(row: PriceRow) -> tuple[object, ...]:
    """Rows with different claims never clash; a context's multiplier or end rivals its rates."""
    is_whole = row.unit in (MULTIPLIER, WITHDRAWN) and row.match_kind == "glob"
    where = row.rank if row.match_kind == "glob" else (row.match_kind, row.match)
    return (where, row.context, "*" if is_whole else row.unit, row.threshold_tokens)


def _may_meet(one: PriceRow, other: PriceRow) -> bool:
    if one.match == other.match:
        return True
    return fnmatchcase(_example(one.match), other.match) or fnmatchcase(
        _example(other.match), one.match
    )


def _example(glob: str, any_char: str = "0") -> str:
    """A shortest name that the glob matches."""
    text, rest = "", glob
    while rest:
        head, rest = rest[0], rest[1:]
        if head == "[" and "]" in rest:
            head, _, rest = rest[0], *rest.partition("]")[1:]
        text += {"*": "", "?": any_char}.get(head, head)
    return text
