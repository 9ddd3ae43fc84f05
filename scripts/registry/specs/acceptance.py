"""What a person accepts: a `cannot tell` of one threshold of one version, with a reason, reviewed in the pull request. Pure."""

from collections.abc import Iterator, Mapping

from registry.errors import Problem, did_you_mean
from registry.formats.reader import Document
from registry.specs import thresholds


def each(spec: Mapping) -> list[dict]:
    """Return all that a spec accepts: one, or a list of them."""
    found = spec.get("accept", [])
    return [found] if isinstance(found, Mapping) else list(found)


def of_version(spec: Mapping) -> list[dict]:
    """Return what a spec accepts for its own version: what stands there for another one is void."""
    return [one for one in each(spec) if one["version"] == spec["version"]]


def problems(document: Document) -> Iterator[Problem]:
    """Yield what can't be accepted: limits that the spec does not have, and one twice."""
    if not document.is_sound("accept", "thresholds"):
        return
    known, told = thresholds.limits(document.data["thresholds"]), set()
    for place, one in _placed(document.data["accept"]):
        name = one["threshold"]
        if name not in known:
            advice = did_you_mean(name, known) if known else "there is none of a metric"
            yield document.problem(f"{name} is no limit of thresholds; {advice}", *place, "threshold")
        elif (name, one["version"]) in told:
            yield document.problem(f"{name} of {one['version']} is accepted twice; leave one out", *place, "threshold")
        told.add((name, one["version"]))


def void(document: Document) -> Iterator[Problem]:
    """Yield what is accepted for another version than the spec's, which counts for nothing."""
    version = document.data["version"]
    for place, one in _placed(document.data.get("accept", [])):
        if one["version"] != version:
            text = f"is for {one['version']}, and this is {version}: it counts for nothing; take it out"
            yield document.problem(text, *place, "version")


def _placed(found: Mapping | list) -> list[tuple[tuple, Mapping]]:
    return (
        [(("accept",), found)]
        if isinstance(found, Mapping)
        else [(("accept", at), one) for at, one in enumerate(found)]
    )
