"""What is asked of a candidate, as claims that are decided together, and the words for what comes of each. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from registry.evidence import claims
from registry.evidence.claims import CANNOT_TELL, FAIL, PASS, Claim
from registry.formats.markdown import measured, number
from registry.tasks import measures

WORST_FIRST = (FAIL, CANNOT_TELL, PASS)
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Judgement:
    """One limit held against one value: where it stands in the spec, what was asked, found, and concluded.

    `low` and `high` are its bounds, one-sided at 95 % each, None where it has none. `change` is how much the value differs
    from the incumbent's, and then limit and bounds are of that. `by` is "estimate" where the spec asks to look at the
    value alone. `accepted` says why, and by whom, a `cannot tell` was accepted.
    """

    place: Place
    name: str
    asked: str
    value: float | None
    verdict: str
    reason: str
    limit: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    by: str | None = None
    accepted: Mapping | None = None

    @property
    def counts_as(self) -> str:
        """The verdict, but that a `cannot tell` which a person accepted passes."""
        return PASS if self.accepted else self.verdict


@dataclass(frozen=True)
class Case:
    """A claim, and what to tell of it, given its verdict."""

    claim: Claim
    told: Callable[[str], Judgement]


@dataclass(frozen=True)
class Question:
    """One limit: cases that must all be true, or what is known of them without a claim. The worst is told."""

    cases: Sequence[Case | Judgement]

    @property
    def claims(self) -> list[Claim]:
        """The claims of its cases."""
        return [one.claim for one in self.cases if isinstance(one, Case)]

    def answer(self, verdicts: Iterator[str]) -> Judgement:
        """Return the judgement of the worst case, given the verdicts of its claims in their order."""
        found = [(one.told(next(verdicts)), one.claim.badness) if isinstance(one, Case) else (one, 0.0)
                 for one in self.cases]  # fmt: skip
        return min(found, key=lambda one: (WORST_FIRST.index(one[0].verdict), -one[1]))[0]


def answers(asked: Sequence[Judgement | Question]) -> list[Judgement]:
    """Return the judgements of all that is asked; claims are decided together, since each may seem false by chance."""
    those = [one for one in asked if isinstance(one, Question)]
    told = iter(claims.verdicts([claim for one in those for claim in one.claims]))
    return [one.answer(told) if isinstance(one, Question) else one for one in asked]


def value(claim: Claim, metric: str, *others: float) -> str:
    """Return a value with its bounds, `0.967 (0.957 to 0.976)`, in digits that tell it from its limit and from others."""
    near = (claim.limit, *others)
    if not claim.is_uncertain:
        return number(claims.rounded(claim.value, claim.limit), *near, digits=measures.digits(metric))
    shown, low, high = measured(claim.value, *claim.bounds, *near)
    return f"{shown} ({low} to {high})"


def settling(claim: Claim, metric: str, units: str = "rows") -> str:
    """Return what would tell on which side of its limit a value lies."""
    if claim.evidence["kind"] == "folds":
        return ", which so many folds can't tell"
    if (rows := measures.reachable(metric, claim.rows_to_tell())) is None:
        return f", which no number of {units} tells of such a value"
    return f", which could be told with about {rows:,} {'runs' if metric == 'latency_ms' else units}"


def bounds(claim: Claim) -> dict[str, float | None]:
    """Return the bounds of a claim's value as a judgement has them: None where there are none, or no end."""
    found = claim.bounds if claim.is_uncertain else (None, None)
    return {name: one if claims.is_number(one) else None for name, one in zip(("low", "high"), found, strict=True)}
