"""What scores complexity: the built-in weights, or what was learnt from the user's own tasks."""

import dataclasses
import logging
import tomllib
from hashlib import sha256
from pathlib import Path

import tomlkit

from collector.files import DEFAULTS, replace
from router.complexity import Weights, weights_of
from router.gain import finite, gain_of, told

BUILT_IN = DEFAULTS / "complexity.toml"
FITTED, KEPT = "weights.toml", "weights"
DIGEST_CHARS = 12

logger = logging.getLogger(__name__)


def built_in() -> Weights:
    return weights_of(BUILT_IN.read_text(), BUILT_IN.name)


class LiveWeights:
    """`fault` says what is wrong with the fitted ones, if anything; those before them stay."""

    def __init__(self, folder: Path) -> None:
        self.fault: str | None = None
        self._file = folder / FITTED
        self._seen: int | None = None
        self._weights = built_in()

    @property
    def now(self) -> Weights:
        """As the file is at this moment; the built-in ones where there is none."""
        try:
            modified = self._file.stat().st_mtime_ns
        except OSError:
            modified = None
        if modified == self._seen:
            return self._weights
        self._seen = modified
        try:
            self._weights = built_in() if modified is None else read(self._file)
            self.fault = None
        except (OSError, ValueError) as error:
            self.fault = str(error)
            logger.warning("%s; the weights before it stay in force", self.fault)
        return self._weights


def read(file: Path) -> Weights:
    """Fitted weights: numbers by name over the built-in terms and stems.

    Raises:
        ValueError: one line that names the file and what is wrong with it.
        OSError
    """
    text = file.read_text()
    try:
        fitted = tomllib.loads(text)
        gain = gain_of(fitted.pop("gain")) if "gain" in fitted else None
        document = _merged(fitted)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file.name}: {error} is no term of the score") from error
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}; `faregate tune --reset` goes back") from error
    return dataclasses.replace(weights_of(document, file.name, _digest(text)), gain=gain)


def put(folder: Path, weights: Weights) -> str:
    """Put fitted weights into force and keep them by their version, which is returned.

    Raises:
        OSError
    """
    text = _text(weights)
    (folder / KEPT).mkdir(mode=0o700, exist_ok=True)
    for file in (folder / KEPT / f"{_digest(text)}.toml", folder / FITTED):
        replace(file, text.encode())
    return _digest(text)


def reset(folder: Path) -> bool:
    """Go back to the built-in weights; False where they are in force already."""
    file = folder / FITTED
    if not file.exists():
        return False
    file.unlink()
    return True


def of_version(folder: Path, version: str | None) -> Weights | None:
    """The weights a call was scored by; None where they are not kept."""
    if version is None:
        return built_in()
    file = folder / KEPT / f"{version}.toml"
    try:
        return read(file)
    except (OSError, ValueError):
        return None


def _text(weights: Weights) -> str:
    said = {
        "bias": round(weights.bias, 6),
        "ordinary": round(weights.ordinary, 6),
        "terms": {name: round(weight, 6) for name, (weight, _) in weights.terms.items()},
        "groups": {g.name: round(g.weight, 6) for g in weights.groups if g.weight is not None},
    }
    return tomlkit.dumps(said | ({"gain": told(weights.gain)} if weights.gain else {}))


def _merged(fitted: dict[str, object]) -> str:
    """The built-in file's text with these numbers in it."""
    document = tomlkit.parse(BUILT_IN.read_text())
    for name in ("bias", "ordinary"):
        document[name] = finite(name, fitted[name])
    for table in ("terms", "groups"):
        for name, weight in dict(fitted[table]).items():  # type: ignore[call-overload]
            document[table][name]["weight"] = finite(name, weight)
    return tomlkit.dumps(document)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:DIGEST_CHARS]
