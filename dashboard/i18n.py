"""Words on pages: whole English sentences with named gaps, so that a catalogue can replace them."""


def say(text: str, **named: object) -> str:
    return text.format(**named) if named else text


def count(number: int, one: str, many: str) -> str:
    """`one` or `many`, whose gap `{n}` takes the number."""
    return say(one if number == 1 else many, n=f"{number:,}")
