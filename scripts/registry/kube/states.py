"""What a cluster says of an object that it makes so: whether it is ready, why not, and where a part of it answers. Pure.

Statuses are written by controllers of others: what is not of the kind that is looked for counts as not told.
"""

from collections.abc import Mapping

STUCK = {"BlockedByFailedLoad", "InvalidSpec"}  # states that KServe leaves only when the object changes
PLAIN = {"RawDeployment", "Standard", "ModelMesh"}  # modes of KServe that know no canary


def is_seen(found: Mapping) -> bool:
    """Say whether its controller has seen an object as it is now.

    KServe copies the number from a child, which may count otherwise: one that is behind does not prove that it has not.
    """
    seen = _status(found).get("observedGeneration")
    return isinstance(seen, int) and seen >= found["metadata"]["generation"]


def unseen(found: Mapping) -> str | None:
    """Say that its controller has not seen an object as it is now, where that is so."""
    return None if is_seen(found) else "its controller has not looked at it yet"


def is_ready(found: Mapping) -> bool:
    """Say whether all of an object answers, the newest of its revisions or pods too."""
    return _is_rolled_out(found) if found["kind"] == "Deployment" else _is_true(found, "Ready") and _is_newest(found)


def _is_rolled_out(found: Mapping) -> bool:
    status, wanted = _status(found), found["spec"].get("replicas", 1)
    counts = [status.get(name, 0) for name in ("updatedReplicas", "availableReplicas", "replicas")]
    return counts == [wanted] * 3


def _is_newest(found: Mapping) -> bool:
    part = _predictor(found)
    return part.get("latestCreatedRevision") == part.get("latestReadyRevision")


def stuck(found: Mapping) -> str | None:
    """Say why an object as it is now never becomes ready, where that is known."""
    if not is_seen(found):
        return None
    model = _part(_status(found), "modelStatus")
    if (state := _text(model, "transitionStatus")) in STUCK:
        failure = _part(model, "lastFailureInfo")
        return _text(failure, "message") or _text(failure, "reason") or state
    progress = _condition(found, "Progressing")
    is_late = progress.get("reason") == "ProgressDeadlineExceeded"
    return (_text(progress, "message") or "ProgressDeadlineExceeded") if is_late else None


def told(found: Mapping) -> str:
    """Return what an object says of why it is not ready."""
    named = "Available" if found["kind"] == "Deployment" else "Ready"
    condition = _condition(found, named)
    why = _text(condition, "message") or _text(condition, "reason")
    return unseen(found) or why or f"{named} is {_text(condition, 'status') or 'not told'}"


def mode(found: Mapping) -> str:
    """Return in which mode KServe serves an object, or nothing where it does not tell."""
    return _text(_status(found), "deploymentMode")


def has_canary(found: Mapping) -> bool:
    """Say whether KServe splits an object's requests between two versions of it, as far as it tells its mode."""
    return mode(found) not in PLAIN


def canary(found: Mapping) -> str | None:
    """Return where the newest revision alone answers, while another one gets requests too; None where that is not told."""
    traffic = _parts(_predictor(found), "traffic")
    return next((_text(one, "url") for one in traffic if one.get("tag") == "latest"), "") or None


def _predictor(found: Mapping) -> Mapping:
    return _part(_part(_status(found), "components"), "predictor")


def _is_true(found: Mapping, name: str) -> bool:
    return _condition(found, name).get("status") == "True"


def _condition(found: Mapping, name: str) -> Mapping:
    return next((one for one in _parts(_status(found), "conditions") if one.get("type") == name), {})


def _status(found: Mapping) -> Mapping:
    return _part(found, "status")


def _part(found: Mapping, name: str) -> Mapping:
    part = found.get(name)
    return part if isinstance(part, Mapping) else {}


def _parts(found: Mapping, name: str) -> list[Mapping]:
    listed = found.get(name)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _text(found: Mapping, name: str) -> str:
    text = found.get(name)
    return text if isinstance(text, str) else ""
