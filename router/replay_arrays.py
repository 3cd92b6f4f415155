"""Columns of calls as arrays, and what is asked of such along a thread."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Flags = NDArray[np.bool_]
type Codes = NDArray[np.int16]  # numbers of few things, such as targets
type Counts = NDArray[np.int32]  # such as places in a history; both are held where long ones wait


def numbers(frame: pl.DataFrame, name: str, otherwise: float = 0.0) -> Floats:
    """A column as float64, nulls replaced. Not to be written to: one value may stand for all."""
    values = frame[name].cast(pl.Float64).fill_null(otherwise)
    if len(values) > 1 and values.min() == values.max():
        return np.broadcast_to(np.float64(values[0]), len(values))
    return np.asarray(values.to_numpy(), np.float64)


def flags(frame: pl.DataFrame, name: str) -> Flags:
    return np.asarray(frame[name].fill_null(value=False).to_numpy(), np.bool_)


def says(frame: pl.DataFrame, name: str, word: str, *, otherwise: bool = False) -> Flags:
    """Where a column of words has this one; `otherwise` where it has none."""
    held = frame.select((pl.col(name) == word).fill_null(otherwise)).to_series()
    return np.asarray(held.to_numpy(), np.bool_)


def coded(values: pl.Series) -> tuple[Ints, list[str]]:
    """Each text as a number, and the texts by number; null is the empty text."""
    filled = values.fill_null("")
    names = filled.unique(maintain_order=True).to_list()
    codes = filled.replace_strict(names, range(len(names)), return_dtype=pl.Int64)
    return codes.to_numpy(), names


def latest(mask: Flags, starts: Ints) -> Ints:
    """For each place the last earlier place of its thread where the mask holds; -1 for none.

    `starts` is where each place's thread begins.
    """
    places = np.where(mask, np.arange(len(mask)), -1)
    before = np.empty_like(places)
    before[:1] = -1
    before[1:] = np.maximum.accumulate(places)[:-1]
    return np.where(before >= starts, before, -1)


def taken(values: NDArray[np.generic], places: Ints, otherwise: float) -> Floats:
    """The values at these places; `otherwise` where a place is -1."""
    if not len(values):
        return np.empty(0)
    return np.where(places >= 0, values[places], otherwise).astype(np.float64)


def distinct(codes: Ints) -> tuple[Ints, Ints]:
    """The distinct codes, ascending, and the number among them of each; codes are small and not
    negative, so they are counted and not sorted.
    """
    if not len(codes):
        return codes, codes
    is_there = np.bincount(codes) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[codes]
