"""KServe played: a controller that follows InferenceServices, and the endpoint that it routes to what it has loaded."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from controlplane import ControlPlane
from loopback import Call, Server, answering

from registry import versions
from registry.kube.objects import PREFIX

PATH = "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices"
FACTORS = {"1.0.0": 2.0, "1.1.0": 3.0, "1.2.0": 4.0}  # by what each version is to multiply


@dataclass
class Revision:
    """One of Knative's: made for a generation of an object, of the version that its labels tell."""

    name: str
    version: str
    uri: str


@dataclass
class Played:
    """What the controller does, and what it has made of each object: the revisions of a model, and who gets requests.

    `pace` says how many looks at an object a new revision takes until it is ready; None is never. `lies` are versions
    that answer wrongly, `fails` those that don't load, and `mode` is KServe's deployment mode.
    """

    factors: dict[str, float] = field(default_factory=lambda: FACTORS)
    pace: int | None = 1
    mode: str = "Serverless"
    lies: set[str] = field(default_factory=set)
    fails: set[str] = field(default_factory=set)
    is_html: bool = False
    breaks: int = 0  # so many predictions come to a pod on its way out, the last of them to a connection that breaks
    revisions: dict[str, list[Revision]] = field(default_factory=dict)
    ready: dict[str, str] = field(default_factory=dict)
    rolled_out: dict[str, str] = field(default_factory=dict)
    split: dict[str, dict[str, int]] = field(default_factory=dict)  # model -> version -> percent
    looks: dict[tuple[str, int], int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)  # each version that a revision was made of
    seen: list[dict[str, int]] = field(default_factory=list)  # each split, as it came

    def of(self, model: str, name: str) -> Revision:
        return next(one for one in self.revisions[model] if one.name == name)


class Controller:
    """Looks at each object again and again, as controllers do, and writes its status as KServe v0.16 has it."""

    def __init__(self, plane: ControlPlane, namespace: str, played: Played) -> None:
        self._plane = plane
        self._path = PATH.format(namespace)
        self._deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self.played = played
        self.url = ""

    def follow(self, ended: threading.Event) -> None:
        while not ended.wait(0.1):
            try:
                found, plain = (self._mine(path) for path in (self._path, self._deployments))
                for gone in self.played.revisions.keys() - {one["metadata"]["name"] for one in found + plain}:
                    self._forget(gone)
                for one in found:
                    self._look(one)
                for one in plain:
                    self._roll(one)
            except (OSError, ValueError):
                continue  # the API server is away

    def _mine(self, path: str) -> list[dict]:
        wanted = {"labelSelector": "app.kubernetes.io/managed-by", "resourceVersion": "0"}  # what the server has at hand
        return self._plane.call("GET", path, **wanted).json().get("items", [])

    def _forget(self, model: str) -> None:
        for kept in (self.played.revisions, self.played.ready, self.played.rolled_out, self.played.split):
            kept.pop(model, None)

    def _roll(self, found: dict) -> None:
        """Play Kubernetes' own controller of Deployments: as many new pods as are wanted, at once."""
        played, model, meta = self.played, found["metadata"]["name"], found["metadata"]
        image = found["spec"]["template"]["spec"]["volumes"][0]["image"]["reference"]
        version, wanted = meta["labels"][f"{PREFIX}/version"], found["spec"]["replicas"]
        known = played.revisions.setdefault(model, [])
        if not known or known[-1].uri != image:
            known.append(Revision(f"{model}-{meta['generation']}", version, image))
            played.told.append(f"{model} {version}")
        is_up = played.pace is not None and known[-1].version not in played.fails
        if is_up:
            played.ready[model], played.split[model] = known[-1].name, {version: 100}
        condition = {"type": "Available", "status": "True", "message": "Deployment has minimum availability."}
        stopped = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
        status = {
            "observedGeneration": meta["generation"], "replicas": wanted, "updatedReplicas": wanted if is_up else 1,
            "readyReplicas": wanted, "availableReplicas": wanted,
            "conditions": [condition] if is_up or played.pace is None else [condition, stopped],
        }  # fmt: skip
        if any(found["status"].get(key) != part for key, part in status.items() if key != "conditions"):
            form = "application/merge-patch+json"
            self._plane.call("PATCH", f"{self._deployments}/{model}/status", {"status": status}, content=form)

    def _look(self, found: dict) -> None:
        played, meta = self.played, found["metadata"]
        model, generation = meta["name"], meta["generation"]
        predictor = found["spec"]["predictor"]
        uri, version = predictor["model"]["storageUri"], meta["labels"].get(f"{PREFIX}/version", "0.0.0")
        known = played.revisions.setdefault(model, [])
        if not known or known[-1].uri != uri:
            known.append(Revision(f"{model}-predictor-{generation:05}", version, uri))
            played.told.append(f"{model} {version}")
        newest = known[-1]
        looks = played.looks[(model, generation)] = played.looks.get((model, generation), 0) + 1
        if played.pace is None or looks < played.pace:
            self._tell(found, newest, "Unknown", "the revision is being made")
            return
        if newest.version in played.fails:
            self._tell(found, newest, "False", "Container failed with: no model at /mnt/models", failed=True)
            return
        played.ready[model] = newest.name
        percent = predictor.get("canaryTrafficPercent", 100)
        before = played.rolled_out.get(model, newest.name)
        knows = self.played.mode == "Serverless" and before != newest.name and percent < 100
        split = {newest.version: percent, played.of(model, before).version: 100 - percent}
        played.split[model] = split if knows else {newest.version: 100}
        played.seen += [played.split[model]] if played.seen[-1:] != [played.split[model]] else []
        if not knows:
            played.rolled_out[model] = newest.name
        self._tell(found, newest, "True", "", canary=knows)

    def _tell(
        self, found: dict, newest: Revision, ready: str, why: str, *, canary: bool = False, failed: bool = False
    ) -> None:
        played, model = self.played, found["metadata"]["name"]
        traffic = [{"revisionName": newest.name, "tag": "latest", "url": f"{self.url}/latest"}] if canary else []
        part = {"latestCreatedRevision": newest.name, "latestReadyRevision": played.ready.get(model), "traffic": traffic}
        states = {"transitionStatus": "BlockedByFailedLoad" if failed else "UpToDate" if ready == "True" else "InProgress"}
        if failed:
            states["lastFailureInfo"] = {"reason": "ModelLoadFailed", "message": why}
        status = {
            "observedGeneration": found["metadata"]["generation"], "deploymentMode": played.mode,
            "conditions": [{"type": "Ready", "status": ready, "message": why}],
            "components": {"predictor": {key: value for key, value in part.items() if value}}, "modelStatus": states,
        }  # fmt: skip
        if found.get("status") != status:
            body = {"status": status}
            self._plane.call(
                "PATCH", f"{self._path}/{model}/status", body, content="application/merge-patch+json", fieldManager="kserve"
            )


def answer(played: Played, call: Call) -> None:
    """Answer as the ingress does: usual requests by the split, those to a canary's own address by the newest."""
    if played.is_html:
        return call.reply(200, b"<!doctype html><title>Welcome to nginx</title>", Content_Type="text/html")
    path = call.path.removeprefix("/latest")
    parts = path.split("/")
    model = parts[3].partition(":")[0]
    loaded = played.ready.get(model)
    newest = played.of(model, loaded).version if loaded else None
    served = ({newest} if call.path.startswith("/latest") else {*played.split.get(model, {})}) - {None}
    if call.command == "GET":
        states = [{"version": str(versions.to_integer(one)), "state": "AVAILABLE", "status": {}} for one in sorted(served)]
        return call.reply(200 if states else 404, {"model_version_status": states} if states else {"error": "not found"})
    number = int(parts[5].partition(":")[0]) if "versions" in parts else None
    chosen = versions.from_integer(number) if number else newest
    if played.breaks:
        played.breaks -= 1
        return call.reply(404, {"error": "Servable not found"}) if played.breaks else call.reply(200, b"....", cut=0)
    if chosen not in served:
        return call.reply(404, {"error": f"Servable not found for request: {model} {chosen}"})
    factor = played.factors[chosen] + (chosen in played.lies)
    rows = json.loads(call.asked.body)["instances"]
    plain = [next(iter(row.values())) if isinstance(row, dict) else row for row in rows]
    return call.reply(200, {"predictions": [[[factor * value for value in row] for row in one] for one in plain]})


@contextmanager
def kserve(plane: ControlPlane, namespace: str, played: Played) -> Iterator[Server]:
    """Run the controller and its endpoint while the block runs."""
    ended, controller = threading.Event(), Controller(plane, namespace, played)
    with answering(lambda call: answer(played, call)) as server:
        controller.url = server.url()
        following = threading.Thread(target=controller.follow, args=(ended,), daemon=True)
        following.start()
        try:
            yield server
        finally:
            ended.set()
            following.join()
