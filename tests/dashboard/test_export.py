"""Exports keep every digit, and nothing that a spreadsheet would run."""

from decimal import Decimal

import polars as pl

from dashboard.export import csv


def test_text_that_looks_like_a_formula_is_defused():
    frame = pl.DataFrame({"project": ["=1+1", "@me", "-x", "shop", None], "n": [-1, 2, 3, 4, 5]})
    assert csv(frame).decode().splitlines() == [
        "project,n",
        "'=1+1,-1",
        "'@me,2",
        "'-x,3",
        "shop,4",
        ",5",
    ]


def test_money_keeps_every_digit():
    frame = pl.DataFrame({"usd": [Decimal("0.029884050")]}, schema={"usd": pl.Decimal(18, 9)})
    assert csv(frame).decode().splitlines()[1] == "0.029884050"
