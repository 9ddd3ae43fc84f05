"""Slices: some of the held-out rows, and what was reached there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.formats.markdown import one_line

LABEL = "label"


def named(values: Mapping) -> str:
    """Return what people call a slice by the values of its columns: `label 7, source phone`."""
    return ", ".join(f"{column} {one_line(value, 40)}" for column, value in values.items())


def called(value: object) -> str:
    """Return what a value of a column is called: 7 is 7.0, but the text "7.0" is not."""
    return value if isinstance(value, str) else str(value).removesuffix(".0")


def texts(values: Mapping) -> dict[str, str]:
    """Return the values of columns, as a spec has them, as those of reports."""
    return {column: called(value) for column, value in values.items()}


@dataclass(frozen=True)
class Slice:
    """The held-out rows of one value of a column, or of one of each of several columns, and what was reached there.

    `rows` is how many they are, None where an older report does not say.
    """

    values: Mapping[str, str]
    rows: int | None
    metrics: Mapping[str, float | None]
    evidence: Mapping[str, Mapping] = field(default_factory=dict)
    incumbent: Mapping | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return named(self.values)

    @property
    def is_class(self) -> bool:
        """Whether it is all rows of a class."""
        return self.values.keys() == {LABEL}


def of(report: Mapping) -> list[Slice]:
    """Return the slices of a report, each beside the report's incumbent; older ones have them by label only."""
    found, has_incumbent = report["slices"], report.get("incumbent") is not None
    if isinstance(found, Mapping):
        return [Slice({LABEL: label}, None, metrics) for label, metrics in found.items()]
    return [Slice(one["slice"], one["rows"], one["metrics"], one["evidence"],
                  one["incumbent"] if has_incumbent else None) for one in found]  # fmt: skip
