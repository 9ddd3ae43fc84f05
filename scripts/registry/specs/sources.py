"""The files that a spec names: of its rows, those held out apart from them, and what code gets beside them. Pure."""

from collections.abc import Mapping

Place = tuple[str, ...]
DATA: Place = ("data",)
HOLDOUT: Place = ("data", "holdout")
INPUTS = "inputs"


def of(spec: Mapping) -> dict[Place, Mapping]:
    """Return the sources of a spec, each with its place in it: those of its rows, then those beside them."""
    return of_rows(spec) | {(INPUTS, name): source for name, source in spec.get(INPUTS, {}).items()}


def of_rows(spec: Mapping) -> dict[Place, Mapping]:
    """Return the sources of the rows of a spec, or of a report: those to train with, then those held out."""
    data = spec.get("data", {})
    return {DATA: data, HOLDOUT: data["holdout"]} if is_apart(data) else {DATA: data}


def is_apart(data: Mapping) -> bool:
    """Say whether the rows that are held out are a file of their own, in place of a share."""
    return isinstance(data.get("holdout"), dict)


def paths(spec: Mapping) -> dict[Place, str]:
    """Return which files of the model's folder are sources, whose digests the spec has."""
    return {place: source["path"] for place, source in of(spec).items() if "path" in source}
