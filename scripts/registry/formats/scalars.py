"""Plain YAML scalars, read only where YAML 1.1 and 1.2 agree on what they mean. Pure."""

import math
import re
from functools import lru_cache

from registry.errors import one_line

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"(\.[0-9]+|[-+]?[0-9]+\.[0-9]*)([eE][-+][0-9]+)?")
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
_QUOTE = "write it in quotes if it is text"

# What one reader takes for text and another for a number, a date or a truth value.
_AMBIGUOUS = (
    (r"(?i)y|yes|n|no|on|off", "means true or false to some readers; write true or false, or {quote}"),
    (r"TRUE|FALSE|NULL|Null", "is written in lower case: {lower}"),
    (r"[-+]\.[0-9]+([eE][-+]?[0-9]+)?", "is text to some readers, not a number; write {number}"),
    (r"[-+]?[0-9]+[eE][-+]?[0-9]+", "is text in YAML 1.1, not a number; write {number}"),
    (r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)[eE][0-9]+", "is text in YAML 1.1, not a number; write {number}"),
    (
        r"[-+]?0[0-9_]+",
        "is an octal number to some readers; write it without leading zeros, or in quotes if it is text",
    ),
    (
        r"[-+]?0([xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)",
        "is a number to some readers; write it in decimal, or {quote}",
    ),
    (
        r"(?=[^_]*_)[-+]?([0-9][0-9_]*)?(\.[0-9_]*)?([eE][-+]?[0-9]+)?",
        "is a number to some readers; leave out the underscores, or {quote}",
    ),
    (r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?", "is a number in base 60 to some readers; {quote}"),
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]+[0-9].*)?", "is a date to some readers; {quote}"),
    (r"(?i)[-+]?\.(inf|nan)", "is not a number that can be used here; write a finite number"),
    (r"<<|=", "has a special meaning in YAML 1.1; {quote}"),
)
_AMBIGUITIES = [(re.compile(pattern), advice) for pattern, advice in _AMBIGUOUS]
_SUSPECT = re.compile(r"(?i)[-+.0-9<=].*|y|yes|n|no|on|off|true|false|null")


@lru_cache(maxsize=4096)
def resolve(text: str) -> object:
    """Return the value of a plain scalar; raise ValueError, saying what to write, where readers disagree."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if not _SUSPECT.fullmatch(text):
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 20 else _refuse(text, "has too many digits; {quote}")
    if _FLOAT.fullmatch(text):
        return float(text) if math.isfinite(float(text)) else _refuse(text, "is too large for a number; {quote}")
    for pattern, advice in _AMBIGUITIES:
        if pattern.fullmatch(text):
            _refuse(text, advice)
    return text


def _refuse(text: str, advice: str) -> None:
    number = decimal(float(text)) if "{number}" in advice else ""
    raise ValueError(f"{one_line(text)} {advice.format(quote=_QUOTE, lower=text.lower(), number=number)}")


def decimal(value: float) -> str:
    """Return a number in the one way that every reader takes for it, with no more digits than tell it from others."""
    if not math.isfinite(value):
        return "a smaller one"
    from decimal import Decimal  # most verbs write no number

    exact = Decimal(repr(value))
    if value == 0 or 1e-6 <= abs(value) < 1e9:
        return f"{exact:f}".removesuffix(".0")
    exponent = exact.adjusted()
    mantissa = f"{exact.scaleb(-exponent).normalize():f}"
    return f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent:+03d}"
