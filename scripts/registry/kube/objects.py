"""What serves a version in a cluster: KServe's InferenceService, or a Deployment with its Service. Pure."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from registry import versions
from registry.kube import overlays
from registry.kube.overlays import is_named, merge

PREFIX = "model-registry"
MANAGER = "model-registry"
OWNER = f"{PREFIX}/owner"
SERVES, SETTLED, TRIAL = f"{PREFIX}/serves", f"{PREFIX}/settled", f"{PREFIX}/trial"
RETURNING, WRITTEN = f"{PREFIX}/returning", f"{PREFIX}/written"
KSERVE = "serving.kserve.io"
TAGS = f"{KSERVE}/enable-tag-routing"  # KServe gives each of two versions an address of its own
NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL = 63  # characters of a label's value
FOLDER, PORT = "/mnt/artifact", 8501
IDENTITY = [  # what an object is found by, and what it tells of itself
    ("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "annotations", f"{PREFIX}/"),
    *(("metadata", "labels", name) for name in ("app.kubernetes.io/managed-by", f"{PREFIX}/")),
]  # fmt: skip
OWN = {  # and what decides which bytes get which requests
    "kserve": [*IDENTITY, *(("spec", "predictor", *path) for path in (("model", "storageUri"), ("canaryTrafficPercent",)))],
    "deployment": [
        *IDENTITY, ("spec", "selector"), ("spec", "template", "metadata", "labels", f"{PREFIX}/"),
        ("spec", "template", "spec", "volumes", "artifact"),
    ],
}  # fmt: skip
SCALES = {"replicas", "minReplicas", "maxReplicas"}  # fields that an autoscaler may have taken over

Object = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """A version in a cluster: its number, digest and image, the commit it was made from, and what runs it."""

    version: str
    sha256: str
    image: str
    commit: str
    runtime: str


@dataclass(frozen=True)
class Attempt:
    """A trial as an object holds it: since which second, on which share, and whether it gave its golden predictions."""

    since: float
    share: float
    is_proven: bool = False


@dataclass(frozen=True)
class Standing:
    """What an object is about: the version that it serves, the settled one, and the trial of what it serves.

    While it is `returning` its requests go to the revision before, and none to that of the settled version made anew.
    """

    serves: Version
    settled: Version | None = None
    trial: Attempt | None = None
    is_returning: bool = False


def standing(found: Mapping) -> Standing | None:
    """Return what an object says of itself, or None where that can't be believed."""
    notes = found["metadata"].get("annotations", {})
    try:
        serves, settled, trial = (json.loads(notes.get(key, "null")) for key in (SERVES, SETTLED, TRIAL))
        return Standing(
            _version(serves),
            _version(settled) if settled else None,
            _attempt(trial) if trial else None,
            RETURNING in notes,
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _version(facts: Mapping) -> Version:
    """Return a version out of a note; raise ValueError or TypeError where nobody can have written it."""
    found = Version(**facts)
    if not all(isinstance(part, str) for part in asdict(found).values()) or versions.fault(found.version):
        raise ValueError(f"no version: {facts}")
    return found


def _attempt(facts: Mapping) -> Attempt:
    found = Attempt(float(facts["since"]), float(facts["share"]), facts["is_proven"] is True)
    if not (0 <= found.since < math.inf and 0 <= found.share <= 1):
        raise ValueError(f"no trial: {facts}")
    return found


def owner(environment: str, repository: str) -> str:
    """Return the label's value of an environment of a repository, which is told by its first commit."""
    return hashlib.sha256(f"{environment}\n{repository}".encode()).hexdigest()[:40]


def fault(model: str) -> str | None:
    """Say why no object can have a model's name, or None."""
    if NAME.fullmatch(model):
        return None
    text = "is a name that Kubernetes does not take, which knows letters, digits and - between them"
    return f"{text}; name the model so, or deploy it elsewhere"


def overridden(target: Mapping) -> list[overlays.Path]:
    """Return the fields of the section's `overrides` that are not for people to write."""
    return overlays.touched(target.get("overrides", {}), OWN[target.get("serve_with", "kserve")])


def render(target: Mapping, model: str, about: Standing, owned: Mapping[str, str]) -> list[Object]:
    """Return the objects that serve a model, the one that tells of it first.

    `target` is that section of the environment, `owned` what `owner` and people call its environment and repository:
    the label `owner` and annotations of the other names.
    """
    is_kserve = target.get("serve_with", "kserve") == "kserve"
    made = [_inference(target, about)] if is_kserve else [_deployment(target, model, about.serves)]
    made[0] = merge(made[0], target.get("overrides", {}))
    made += [] if is_kserve else [_service(model)]
    first, *others = [_identified(one, target["namespace"], model, about, owned) for one in made]
    first["metadata"]["annotations"] |= _notes(about) | {WRITTEN: _digest([first, *others])}
    return [first, *others]


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Return the fields of an object that are not as they were written; what others added, and scaled, is theirs."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [path]
        parts = ((name, part) for name, part in wanted.items() if name not in SCALES)
        return [one for name, part in parts for one in differences(part, found.get(name), f"{path}.{name}")]
    if isinstance(wanted, list) and wanted and all(map(is_named, wanted)):
        there = {one.get("name"): one for one in found or [] if isinstance(one, dict)}
        parts = ((one["name"], one) for one in wanted)
        return [more for name, one in parts for more in differences(one, there.get(name), f'{path}[name="{name}"]')]
    return [] if wanted == found else [path]


def without(one: Any, fields: set[str], path: str = "") -> Any:
    """Return an object without the fields at some paths, such as `.spec.replicas`."""
    if not isinstance(one, dict):
        return one
    kept = {name: part for name, part in one.items() if f"{path}.{name}" not in fields}
    return {name: without(part, fields, f"{path}.{name}") for name, part in kept.items()}


def _digest(made: list[Object]) -> str:
    """Return what changes when anything else is written than before, but for notes."""
    plain = [merge(one, {"metadata": {"annotations": None}}) for one in made]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _notes(about: Standing) -> dict[str, str]:
    parts = {SERVES: about.serves, SETTLED: about.settled, TRIAL: about.trial}
    notes = {key: json.dumps(asdict(part), sort_keys=True) for key, part in parts.items() if part}
    return notes | ({RETURNING: "true"} if about.is_returning else {})


def _identified(made: Object, namespace: str, model: str, about: Standing, owned: Mapping[str, str]) -> Object:
    """Return an object with what it is found by, which nothing overrides."""
    labels = {
        "app.kubernetes.io/managed-by": MANAGER, OWNER: owned["owner"], f"{PREFIX}/model": model,
        f"{PREFIX}/version": about.serves.version, f"{PREFIX}/digest": about.serves.sha256[:LABEL],
        f"{PREFIX}/commit": about.serves.commit,
    }  # fmt: skip
    notes = {f"{PREFIX}/{name}": text for name, text in owned.items() if name != "owner"}
    named = {"name": model, "namespace": namespace, "labels": labels, "annotations": notes}
    return merge(made, {"metadata": named})


def _inference(target: Mapping, about: Standing) -> Object:
    version, trial = about.serves, about.trial
    model: Object = {
        "modelFormat": {"name": "onnx" if version.runtime == "onnx" else "tensorflow"},
        "storageUri": f"oci://{version.image}",
        **({"resources": target["resources"]} if "resources" in target else {}),
    }
    predictor: Object = {"model": model, **_account(target)}
    if "replicas" in target:
        predictor["minReplicas"] = target["replicas"]
    if about.is_returning or (trial and trial.share < 1):
        predictor["canaryTrafficPercent"] = 0 if about.is_returning else round(trial.share * 100)
    return {
        "apiVersion": f"{KSERVE}/v1beta1", "kind": "InferenceService", "metadata": {"annotations": {TAGS: "true"}},
        "spec": {"predictor": predictor},
    }  # fmt: skip


def _deployment(target: Mapping, model: str, version: Version) -> Object:
    ready = {"httpGet": {"path": "/v2/health/ready", "port": PORT}, "periodSeconds": 2}
    container = {
        "name": "serving", "image": target["image"],
        "args": ["--path", f"{FOLDER}/models", "--host", "0.0.0.0", "--port", str(PORT), "--insecure"],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "readinessProbe": ready,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": 1000, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "artifact", "mountPath": FOLDER, "readOnly": True}],
        **({"resources": target["resources"]} if "resources" in target else {}),
    }  # fmt: skip
    pod = {
        "containers": [container], "volumes": [{"name": "artifact", "image": {"reference": version.image}}],
        **_account(target),
    }  # fmt: skip
    chosen = {f"{PREFIX}/model": model}
    spec = {
        "selector": {"matchLabels": chosen},
        # the old pods answer until the new ones do
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {"metadata": {"labels": chosen | {f"{PREFIX}/version": version.version}}, "spec": pod},
        **({"replicas": target["replicas"]} if "replicas" in target else {}),
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": spec}


def _service(model: str) -> Object:
    port = {"name": "http", "port": 80, "targetPort": PORT, "protocol": "TCP"}
    spec = {"selector": {f"{PREFIX}/model": model}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": spec}


def _account(target: Mapping) -> Object:
    return {"serviceAccountName": target["service_account"]} if "service_account" in target else {}
