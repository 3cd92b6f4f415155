"""Memory that long work took and freed: given back to the system, not held for the next."""

from collections.abc import Callable
from ctypes import CDLL


def tidied[T](work: Callable[[], T]) -> T:
    """What the work comes to; the C library (glibc) keeps what was freed within it if not told."""
    try:
        return work()
    finally:
        tidy()


def tidy() -> None:
    """Give back what was freed so far."""
    if trim := getattr(CDLL(None), "malloc_trim", None):
        trim(0)
