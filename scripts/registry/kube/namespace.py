"""The objects of one owner in a namespace; those of others are never touched."""

import time
from collections.abc import Mapping
from http import HTTPStatus

from registry import console
from registry.errors import Problem, RegistryError, refuse
from registry.kube import objects, readiness
from registry.kube.apiserver import ApiServer, Refusal
from registry.kube.objects import Object, Standing

PATHS = {
    "InferenceService": "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Service": "/api/v1/namespaces/{}/services",
}

Parts = Mapping[str, Object]  # what serves a model, by kind


class Namespace:
    """What an environment writes into a namespace: for each model an object that tells of it, perhaps others beside it."""

    def __init__(
        self, server: ApiServer, target: Mapping, owned: Mapping[str, str], place: str, *, heals: bool, within: int
    ) -> None:
        """`target` and `owned` are as `objects.render` takes them; `place` is what messages call it.

        It `heals` where fields that others changed become ours again. What is deleted must be gone `within` so many seconds.
        """
        self._server = server
        self._target = target
        self._owned = owned
        self._place = place
        self._heals = heals
        self._within = within
        plain = target.get("serve_with") == "deployment"
        self.kinds = ["Deployment", "Service"] if plain else ["InferenceService"]

    def all(self) -> dict[str, Parts]:
        """Return what serves each model of the owner's."""
        found: dict[str, dict[str, Object]] = {}
        for kind in self.kinds:
            for one in self._listed(kind):
                found.setdefault(one["metadata"]["name"], {})[kind] = one
        return found

    def _listed(self, kind: str) -> list[Object]:
        try:
            return [*self._server.listed(self._path(kind), f"{objects.OWNER}={self._owned['owner']}")]
        except Refusal as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND and kind == "InferenceService":
                advice = "install it, or write serve_with: deployment"
                raise refuse(self._place, f"has no InferenceService: KServe is not in that cluster; {advice}") from None
            raise

    def find(self, model: str) -> Object | None:
        """Return the object that tells of a model, whosever it is."""
        return self._server.find(self._path(self.kinds[0], model))

    def standing(self, model: str) -> Standing:
        """Return what the object of a model is about; raise RegistryError where it is gone or damaged."""
        found = self.find(model)
        about = objects.standing(found) if found and self._is_own(found) else None
        if about is None:
            text = "is not there any more, or its notes are damaged; run the same again, which begins anew"
            raise refuse(self._told(self.kinds[0], model), text)
        return about

    def stranger(self, model: str) -> Problem | None:
        """Return why a model can't have objects: one of its name is somebody else's; None where none is."""
        for kind in self.kinds:
            if (found := self._server.find(self._path(kind, model))) and not self._is_own(found):
                text = "was not put there by this environment, so it is left alone; take it away, or choose another"
                return Problem(self._told(kind, model), 0, "", f"{text} target.namespace")
        return None

    def write(self, model: str, about: Standing) -> None:
        """Make the objects of a model be about something; of what they serve nothing is waited for."""
        for made in objects.render(self._target, model, about, self._owned):
            self._apply(self._path(made["kind"], model), made)

    def _apply(self, path: str, made: Object) -> None:
        """Apply an object; what others changed of its fields is drift, but how much they scaled it is theirs."""
        try:
            self._server.apply(path, made)
            return
        except Refusal as refusal:
            if refusal.status != HTTPStatus.CONFLICT or not refusal.holders:
                raise
            holders, refused = refusal.holders, refusal
        if stranger := self.stranger(made["metadata"]["name"]):  # which came since it was looked at
            raise RegistryError(stranger) from refused
        scaled = {field for field in holders if field.rpartition(".")[2] in objects.SCALES}
        taken = sorted(f"{field} is {holder}'s" for field, holder in holders.items() if field not in scaled)
        what = self._told(made["kind"], made["metadata"]["name"])
        if taken and not self._heals:
            text = f"was changed by others: {', '.join(taken)}; take that back, or write drift: heal"
            raise refuse(what, text) from refused
        if taken:
            console.warn(f"{what}: {', '.join(taken)}; made ours again")
        self._server.apply(path, objects.without(made, scaled), force=bool(taken))

    def drift(self, model: str, about: Standing, parts: Parts) -> list[str]:
        """Return the fields of what serves a model that are not as they were written.

        What looks otherwise may mean the same, as 1000m and 1 do: then the server is asked what it would make of it.
        """
        found = []
        for made in objects.render(self._target, model, about, self._owned):
            there = parts.get(made["kind"])
            if there is None:
                found.append(made["kind"])
            elif objects.differences(made, there):
                would = self._server.apply(self._path(made["kind"], model), made, force=True, rehearse=True)
                found += objects.differences(_plain(would), _plain(there))
        return found

    def remove(self, model: str) -> None:
        """Take away what serves a model: what tells of it at last."""
        for kind in reversed(self.kinds):
            found = self._server.find(self._path(kind, model))
            if found and self._is_own(found):
                self._server.delete(self._path(kind, model), found)
                self.rest(model, kind)

    def rest(self, model: str, kind: str) -> Object | None:
        """Return the object of a model, or None, once it is not being deleted any more."""
        end = time.monotonic() + self._within
        while (found := self._server.find(self._path(kind, model))) and "deletionTimestamp" in found["metadata"]:
            if time.monotonic() > end:
                text = f"is still being deleted after {self._within} s; look at its finalizers"
                raise refuse(self._told(kind, model), text)
            time.sleep(readiness.ASKED)
        return found

    def _is_own(self, found: Object) -> bool:
        return found["metadata"].get("labels", {}).get(objects.OWNER) == self._owned["owner"]

    def _told(self, kind: str, model: str) -> str:
        return f"{kind} {model} in {self._place}"

    def _path(self, kind: str, model: str = "") -> str:
        below = PATHS[kind].format(self._target["namespace"])
        return f"{below}/{model}" if model else below


def _plain(found: Object) -> Object:
    """Return what an object says, but for what the server notes of it and of calls."""
    meta = {name: found["metadata"].get(name) for name in ("labels", "annotations")}
    return {"metadata": meta, "spec": found["spec"]}
