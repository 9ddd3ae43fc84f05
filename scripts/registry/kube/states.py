"""What a cluster says of an object that it makes so: whether it is ready, why not, and where a part of it answers. Pure."""

from collections.abc import Mapping

STUCK = {"BlockedByFailedLoad", "InvalidSpec"}  # states that KServe leaves only when the object changes
PLAIN = {"RawDeployment", "Standard", "ModelMesh"}  # modes of KServe that know no canary


def is_seen(found: Mapping) -> bool:
    """Say whether its controller has seen an object as it is now.

    KServe copies the number from a child, which may count otherwise: one that is behind does not prove that it has not.
    """
    return found.get("status", {}).get("observedGeneration", 0) >= found["metadata"]["generation"]


def unseen(found: Mapping) -> str | None:
    """Say that its controller has not seen an object as it is now, where that is so."""
    return None if is_seen(found) else "its controller has not looked at it yet"


def is_ready(found: Mapping) -> bool:
    """Say whether all of an object answers, the newest of its revisions or pods too."""
    return _is_rolled_out(found) if found["kind"] == "Deployment" else _is_true(found, "Ready") and _is_newest(found)


def _is_rolled_out(found: Mapping) -> bool:
    status, wanted = found.get("status", {}), found["spec"].get("replicas", 1)
    counts = [status.get(name, 0) for name in ("updatedReplicas", "availableReplicas", "replicas")]
    return counts == [wanted] * 3


def _is_newest(found: Mapping) -> bool:
    part = found["status"].get("components", {}).get("predictor", {})
    return part.get("latestCreatedRevision") == part.get("latestReadyRevision")


def stuck(found: Mapping) -> str | None:
    """Say why an object as it is now never becomes ready, where that is known."""
    status = found.get("status", {})
    if not is_seen(found):
        return None
    if status.get("modelStatus", {}).get("transitionStatus") in STUCK:
        failure = status["modelStatus"].get("lastFailureInfo", {})
        return failure.get("message") or failure.get("reason") or status["modelStatus"]["transitionStatus"]
    progress = _condition(found, "Progressing")
    return progress.get("message") if progress.get("reason") == "ProgressDeadlineExceeded" else None


def told(found: Mapping) -> str:
    """Return what an object says of why it is not ready."""
    named = "Available" if found["kind"] == "Deployment" else "Ready"
    condition = _condition(found, named)
    if why := unseen(found):
        return why
    why = condition.get("message") or condition.get("reason") or f"{named} is {condition.get('status', 'not told')}"
    return why


def has_canary(found: Mapping) -> bool:
    """Say whether KServe splits an object's requests between two versions of it, as far as it tells its mode."""
    return found.get("status", {}).get("deploymentMode") not in PLAIN


def canary(found: Mapping) -> str | None:
    """Return where the newest revision alone answers, while another one gets requests too; None where that is not told."""
    traffic = found.get("status", {}).get("components", {}).get("predictor", {}).get("traffic", [])
    return next((one.get("url") for one in traffic if one.get("tag") == "latest"), None)


def _is_true(found: Mapping, name: str) -> bool:
    return _condition(found, name).get("status") == "True"


def _condition(found: Mapping, name: str) -> Mapping:
    conditions = found.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one.get("type") == name), {})
