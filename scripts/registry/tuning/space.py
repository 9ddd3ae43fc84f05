"""What is searched: ranges and choices as people write them, held against what train() takes. Pure."""

import itertools
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from registry.code import annotations
from registry.code.annotations import Wanted
from registry.code.signatures import GIVEN, Signature
from registry.errors import Problem, did_you_mean, one_line, raise_all
from registry.formats import reader, scalars

OPTION, SEED, LOG = "--set", "seed", "log"
EXAMPLE = "write 3..10 for a range, 1e-4..1e-2:log for one that grows by factors, or 16,32,64 for choices"
RANGE = re.compile(r"(?P<low>[^.,\[\]]*(?:\.\d[^.,\[\]]*)?)\.\.(?P<high>[^,:\[\]]*)(?::(?P<scale>.*))?")
QUOTES = "'\""
DIGITS = 3  # that a number between two has
FARTHEST = 1e300  # so that the width of a range is a number, too


@dataclass(frozen=True)
class Axis:
    """An argument of train() that is searched: one of `choices`, or a number from `low` to `high`.

    `is_whole` says that only whole numbers are taken, `is_log` that factors count, not differences.
    """

    name: str
    low: float = 0
    high: float = 0
    is_whole: bool = False
    is_log: bool = False
    choices: tuple = ()

    @property
    def words(self) -> str:
        """What is searched, as it may be written after `--set`."""
        if self.choices:
            return f"{self.name}={','.join(map(_written, self.choices))}"
        ends = f"{reader.inline(self.low)}..{reader.inline(self.high)}"
        return f"{self.name}={ends}{f':{LOG}' if self.is_log else ''}"

    @property
    def size(self) -> float:
        """How many values there are."""
        if self.choices:
            return len(self.choices)
        return self.high - self.low + 1 if self.is_whole else math.inf

    def holds(self, value: object) -> bool:
        """Say whether a value is one of those."""
        if self.choices:
            return any(type(one) is type(value) and one == value for one in self.choices)
        types = (int,) if self.is_whole else (int, float)
        return type(value) in types and self.low <= value <= self.high

    def rounded(self, value: float) -> float:
        """Return a number between the ends with as many digits as people care for, so that it is what is written."""
        if self.is_whole:
            return value
        size = abs(value) if self.is_log else self.high - self.low
        places = DIGITS - 1 - math.floor(math.log10(size))
        return float(min(self.high, max(self.low, round(value, places))))


def size(axes: Sequence[Axis]) -> float:
    """Return how many combinations of values there are."""
    return math.prod(axis.size for axis in axes)


def combinations(axes: Sequence[Axis]) -> Iterator[dict]:
    """Yield all combinations of values, where they are so many only."""
    values = [axis.choices or range(axis.low, axis.high + 1) for axis in axes]
    yield from (dict(zip((axis.name for axis in axes), one, strict=True)) for one in itertools.product(*values))


def is_within(axes: Sequence[Axis], arguments: Mapping) -> bool:
    """Say whether arguments are some that are searched."""
    return all(axis.name in arguments and axis.holds(arguments[axis.name]) for axis in axes)


def several(text: str) -> list[str]:
    """Return what one `--set` has, which may be several: `epochs=3..10 act=relu,tanh`."""
    return re.split(r"\s+(?=\w+=)", text.strip())


def read(words: Sequence[str], train: Signature, spec: Mapping) -> list[Axis]:
    """Return what `--set` names, each argument of train() once; raise RegistryError for all that can't be searched.

    Without an annotation a number is whole where that of the spec is.
    """
    training, given = spec["training"], GIVEN | spec.get("inputs", {}).keys()
    found, problems = [], []
    for word in words:
        name, _, text = word.partition("=")
        fault = _name_fault(name, train, given, [one.name for one in found])
        if not fault and not text.strip():
            fault = f"has no values; {EXAMPLE}"
        if not fault:
            try:
                axis = _axis(name, text.strip(), train.wanted.get(name, train.wanted_more), training.get(name))
                found.append(axis)
                fault = _axis_fault(axis, train.wanted.get(name, train.wanted_more))
            except ValueError as error:
                fault = str(error)
        problems += [Problem(OPTION, 0, one_line(name), fault)] if fault else []
    raise_all(problems)
    return found


def _name_fault(name: str, train: Signature, given: Collection[str], known: Sequence[str]) -> str | None:
    accepted = (train.optional | train.needed) - given
    if name == SEED:
        return "is not searched, since the best of several seeds is luck; leave it out"
    if name in train.fed or name in given:
        origin = "load()" if name in train.fed else "the registry"
        return f"is what train() gets from {origin}; leave it out"
    if name in known:
        return "is set twice; write all its values at once"
    if name not in accepted and not (train.takes_any and name.isidentifier()):
        return f"is no argument of train() in model.py; {did_you_mean(name, accepted - {SEED})}"
    return None


def _axis(name: str, text: str, wanted: Sequence[Wanted], now: object) -> Axis:
    """Return what a text says; raise ValueError where it says nothing that can be searched."""
    if found := RANGE.fullmatch(text):
        return _range(name, text, found, wanted, now)
    if text.endswith(f":{LOG}"):
        raise ValueError(f"{one_line(text)} is no range, of which alone {LOG} can be said; {EXAMPLE}")
    choices = tuple(_fitting(part, wanted) for part in _parts(text))
    if len(choices) < 2:
        raise ValueError(f"{one_line(text)} is one value, so nothing is searched; {EXAMPLE}")
    if twice := next((one for at, one in enumerate(choices) if repr(one) in map(repr, choices[:at])), None):
        raise ValueError(f"{reader.inline(twice)} stands twice; write each once")
    return Axis(name, choices=choices)


def _range(name: str, text: str, found: re.Match, wanted: Sequence[Wanted], now: object) -> Axis:
    low, high = (_number(found[end]) for end in ("low", "high"))
    if low is None or high is None:
        raise ValueError(f"{one_line(text)} is no range between two numbers; {EXAMPLE}")
    if found["scale"] not in (None, LOG):
        raise ValueError(f"{one_line(found['scale'])} is no scale of a range; {did_you_mean(found['scale'], [LOG])}")
    types = {kind for one in wanted for kind in one.types}
    if wanted and not types & {int, float}:
        raise ValueError(
            f"is {' or '.join(one.words for one in wanted)} for train(), of which there is no range; write choices"
        )
    is_whole = int in types and float not in types if types else not isinstance(now, float)
    if is_whole and low == int(low) and high == int(high):
        low, high = int(low), int(high)
    elif is_whole and types:
        pass  # held against the annotation, which says what to write
    else:
        is_whole, low, high = False, float(low), float(high)
    if low >= high:
        raise ValueError(f"{one_line(text)} does not rise; write the smaller end first")
    if max(abs(low), abs(high)) > FARTHEST:
        raise ValueError(f"{one_line(text)} reaches too far; write numbers up to {FARTHEST:g}")
    if found["scale"] and low <= 0:
        raise ValueError(
            f"{one_line(text)} has no factors, since it begins at {low:g}; begin above 0, or leave out :{LOG}"
        )
    return Axis(name, low, high, is_whole, bool(found["scale"]))


def _axis_fault(axis: Axis, wanted: Sequence[Wanted]) -> str | None:
    """Say which of its values train() does not take, or None."""
    values = axis.choices or (axis.low, axis.high)
    return next((text for value in values for _, text in annotations.faults(wanted, value)), None)


def _parts(text: str) -> list[str]:
    """Return what commas part, but for those within brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES and parts[-1].rstrip()[-1:] in ("", "[", ","):
            quote = letter
        else:
            depth += (letter == "[") - (letter == "]")
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    if quote:
        raise ValueError(f"{one_line(text)} has a {quote} without its other; close it, or leave it out")
    if depth:
        raise ValueError(f"{one_line(text)} has a [ without its ]; write lists as [64,32],[128]")
    if len(parts) > 1 and not all(part.strip() for part in parts):
        raise ValueError(f"{one_line(text)} has a comma too many; {EXAMPLE}")
    return [part.strip() for part in parts]


def _fitting(text: str, wanted: Sequence[Wanted]) -> object:
    """Return the first meaning of a text that train() takes; the first of all where it takes none."""
    meanings = [*_meanings(text, wanted)]
    return next((one for one in meanings if not any(True for _ in annotations.faults(wanted, one))), meanings[0])


def _meanings(text: str, wanted: Sequence[Wanted]) -> Iterator[object]:
    if len(text) > 1 and text[0] == text[-1] and text[0] in QUOTES:
        yield text[1:-1]
        return
    if text.startswith("[") and text.endswith("]"):
        each = next((one.each for one in wanted if one.each), ())
        yield [_fitting(part, each) for part in _parts(text[1:-1]) if part]
    if (number := _number(text)) is not None:
        yield number
    with suppress(ValueError):  # of what YAML's readers could take for two things
        if not isinstance(plain := scalars.resolve(text), int | float) or isinstance(plain, bool):
            yield plain
    yield text


def _written(choice: object) -> str:
    """Return a choice as it is read again: text with a comma in quotes."""
    text = reader.inline(choice)
    return f'"{text}"' if text == choice and "," in text else text


def _number(text: str) -> float | None:
    """Return a number as people write it, whole where it has no point and no exponent; None for what is none."""
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        number = float(text)
        return number if math.isfinite(number) else None
    return None
