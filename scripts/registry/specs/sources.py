"""The files of rows that a spec names: that of `data`, and that of `data.holdout` where it is no share. Pure."""

from collections.abc import Mapping

Place = tuple[str, ...]
DATA: Place = ("data",)
HOLDOUT: Place = ("data", "holdout")


def of(spec: Mapping) -> dict[Place, Mapping]:
    """Return the sources of a spec's rows, each with its place in the spec: those to train with, then those held out."""
    data = spec.get("data", {})
    return {DATA: data, HOLDOUT: data["holdout"]} if is_apart(data) else {DATA: data}


def is_apart(data: Mapping) -> bool:
    """Say whether the rows that are held out are a file of their own, in place of a share."""
    return isinstance(data.get("holdout"), dict)


def paths(spec: Mapping) -> dict[Place, str]:
    """Return which files of the model's folder hold its rows."""
    return {place: source["path"] for place, source in of(spec).items() if "path" in source}
