"""Where a stronger model pays, as learnt: its chance to do a piece of work well, less the others'.

Evaluated without any library, so that a gate can; `learning_gain` fits it. Words are known by
their hash only.
"""

import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import exp, isfinite, sqrt
from struct import Struct
from typing import Any
from zlib import crc32

HASHED = 2**16
READ_CHARS = 4_000
WORD = re.compile(r"[a-z0-9_]+|[^\x00-\x7f]+")
ENTRY = Struct("<Hee")  # a bucket, its weight for the stronger models, and for the others


@dataclass(frozen=True, slots=True)
class Chance:
    """A logistic regression of successes on the amounts of the score's terms, by their name."""

    bias: float
    terms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Gain:
    """`words` weighs each bucket of hashed words for the stronger models and for the others;
    `bias` and `scale` lead from the gain, −1 to 1, to the score's z.
    """

    strong: Chance
    weak: Chance
    words: Mapping[int, tuple[float, float]]
    bias: float = 0.0
    scale: float = 1.0

    def of(self, amounts: Mapping[str, float], text: str) -> float:
        """The stronger models' chance of success less the others'."""
        strong, weak = (_z(side, amounts) for side in (self.strong, self.weak))
        for bucket, share in buckets(text).items():
            weights = self.words.get(bucket)
            if weights:
                strong += share * weights[0]
                weak += share * weights[1]
        return sigma(strong) - sigma(weak)

    def z(self, gain: float) -> float:
        return self.bias + self.scale * gain


def sigma(z: float) -> float:
    return 1 / (1 + exp(-z)) if z > -700 else 0.0


def _z(side: Chance, amounts: Mapping[str, float]) -> float:
    return side.bias + sum(weight * amounts.get(name, 0.0) for name, weight in side.terms.items())


def words(text: str) -> Iterator[str]:
    """Words and pairs of them; of Japanese, pairs of characters."""
    found = WORD.findall(text.lower()[:READ_CHARS])
    yield from (word for word in found if word.isascii())
    yield from (f"{one} {two}" for one, two in pairwise(found))
    for run in found:
        if not run.isascii():
            yield from (run[at : at + 2] for at in range(max(len(run) - 1, 1)))


def buckets(text: str) -> dict[int, float]:
    """How much each bucket of hashed words has of a text, as a vector of length one."""
    counts = Counter(crc32(word.encode()) % HASHED for word in words(text))
    length = sqrt(sum(count * count for count in counts.values()))
    return {bucket: count / length for bucket, count in counts.items()}


def told(gain: Gain) -> dict[str, Any]:
    """For a file: numbers by name, and the words' weights packed into one string."""
    packed = b"".join(ENTRY.pack(at, *weights) for at, weights in sorted(gain.words.items()))
    return {
        "bias": round(gain.bias, 6),
        "scale": round(gain.scale, 6),
        "strong": _side(gain.strong),
        "weak": _side(gain.weak),
        "words": b64encode(packed).decode(),
    }


def _side(side: Chance) -> dict[str, Any]:
    terms = {name: round(weight, 6) for name, weight in side.terms.items()}
    return {"bias": round(side.bias, 6), "terms": terms}


def gain_of(said: Mapping[str, Any]) -> Gain:
    """What `told` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is not that.
    """
    strong, weak = (_chance(said[name]) for name in ("strong", "weak"))
    packed = b64decode(said["words"], validate=True)
    if len(packed) % ENTRY.size:
        raise ValueError("words: cut short")
    known = {at: (one, other) for at, one, other in ENTRY.iter_unpack(packed)}
    return Gain(strong, weak, known, finite("bias", said["bias"]), finite("scale", said["scale"]))


def _chance(said: Mapping[str, Any]) -> Chance:
    terms = {name: finite(name, weight) for name, weight in said["terms"].items()}
    return Chance(finite("bias", said["bias"]), terms)


def finite(name: str, weight: object) -> float:
    """
    Raises:
        TypeError, ValueError: it is no number, or none to score by.
    """
    number = float(weight)  # type: ignore[arg-type]
    if not isfinite(number):
        raise ValueError(f"{name}: {weight} is no number to score by")
    return number
