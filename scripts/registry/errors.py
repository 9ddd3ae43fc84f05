"""The one way to say that something a person can mend is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LONGEST, MOST = 100, 12


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where it is, and what to do about it."""

    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return _printable(": ".join(part for part in (place, self.field, self.text) if part))


def _printable(text: str) -> str:
    """Return lines with what can't be printed escaped: anybody may have written it."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode() for one in text)


class RegistryError(Exception):
    """An expected failure. Carries every problem found, for people; anything else that is raised is a bug."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def refuse(file: str, text: str, *, line: int = 0, field: str = "") -> RegistryError:
    """Return the error for a single problem: `raise refuse("models/digits", "has no model.yaml; write one")`."""
    return RegistryError(Problem(file, line, field, text))


def raise_all(problems: list[Problem]) -> None:
    """Raise every problem at once, or return when there is none."""
    if problems:
        raise RegistryError(*problems)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return advice for a word nobody knows: the nearest known one, or all of them."""
    words = sorted(known)
    if near := nearest(word, words):
        return f"did you mean {near}?"
    more = f" and {len(words) - MOST} more" if len(words) > MOST else ""
    return f"known: {', '.join(words[:MOST]) or 'none'}{more}"


def within(error: Exception, folder: Path) -> str:
    """Return what an error says on one line, its files named from a folder: where that lies is nobody's business."""
    return " ".join(str(error).replace(f"{folder}/", "").replace(f"{folder}: ", "").split())


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that somebody who wrote another probably meant, or None."""
    import difflib  # what is seldom needed is not to cost each start

    return next(iter(difflib.get_close_matches(word[:LONGEST], sorted(known), n=1)), None)


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return a text of any length as it can stand in a problem: what can't be printed escaped, the middle left out."""
    short = text if len(text) <= longest else f"{text[: longest // 2]}…{text[-longest // 2 :]}"
    return short if short.isprintable() else short.encode("unicode_escape").decode()
