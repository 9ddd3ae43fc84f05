"""The one way to say that something a person can mend is wrong."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where it is, and what to do about it."""

    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.field, self.text) if part)


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
    near = difflib.get_close_matches(word, words, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(words) or 'none'}"
