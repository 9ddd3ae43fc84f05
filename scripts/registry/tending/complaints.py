"""What is the matter, said once when it begins, and once when it is over. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from registry.errors import Problem


class Complaint(NamedTuple):
    """One thing that is the matter: what it is known by, what is said of it, and what when it is over.

    What is no fault is worth knowing, and stops nothing.
    """

    key: str
    text: str
    over: str
    is_fault: bool = True


def of(problem: Problem, *, is_fault: bool = True) -> Complaint:
    """Return a problem as a complaint: another text is another matter."""
    first = problem.text.split("; ")[0]
    return Complaint(str(problem), str(problem), f"{problem.file}: no more: {first}", is_fault)


class Complaints:
    """What stands of the rounds until now."""

    def __init__(self) -> None:
        self.standing: dict[str, Complaint] = {}

    def update(self, found: Iterable[Complaint]) -> list[str]:
        """Take what a round found in place of what stood; return what is news of it, line by line."""
        now = {one.key: one for one in found}
        over = [one.over for key, one in self.standing.items() if key not in now]
        begun = [one.text for key, one in now.items() if key not in self.standing]
        self.standing = {key: self.standing.get(key, one) for key, one in now.items()}
        return over + begun

    @property
    def faults(self) -> tuple[str, ...]:
        """What is the matter and should not be."""
        return tuple(one.text for one in self.standing.values() if one.is_fault)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing."""
        return tuple(one.text for one in self.standing.values() if not one.is_fault)
