"""The target `kubernetes`: a namespace of a cluster, with an object of KServe or a Deployment for each model."""

import math
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from registry import console, versions
from registry.destinations import holding, ownership
from registry.destinations.interface import Delivery, Unfit
from registry.environments import terms
from registry.environments.manifests import Environment
from registry.environments.reconcile import Hold, Running, Trial
from registry.errors import Problem, RegistryError, raise_all, refuse
from registry.kube import objects, readiness, states
from registry.kube.apiserver import ApiServer, Refusal
from registry.kube.leases import Lease
from registry.kube.namespace import Namespace
from registry.kube.objects import Attempt, Object, Standing, Version
from registry.kube.readiness import Wrong

if TYPE_CHECKING:
    from registry.artifacts.golden import Golden

HOLDS, BROUGHT = f"{objects.PREFIX}/holds", f"{objects.PREFIX}/brought"
Image = Callable[[Delivery, Path], str]


class Kubernetes:
    """Objects in a namespace, found by the label of their owner; those of others are never touched.

    What is tried, and what it is put back to, stands in notes of each object; what is held, in those of the lease.
    """

    def __init__(self, server: ApiServer, root: Path, environment: Environment, image: Image) -> None:
        """`image` gives what a delivery's artifact at a path is called in the registry of images."""
        self.place = environment.place
        self._endpoint = environment.target["endpoint"]
        self._server = server
        self._root = root
        self._environment = environment
        self._image = image

    @cached_property
    def _owned(self) -> dict[str, str]:
        name = self._environment.name
        whose = objects.owner(name, ownership.identify(self._root, name).repository)
        return {"owner": whose, "environment": name, "repository": ownership.name(self._root)}

    @cached_property
    def _space(self) -> Namespace:
        one = self._environment
        return Namespace(self._server, one.target, self._owned, self.place, heals=one.heals, within=one.health.within)

    @cached_property
    def _lease(self) -> Lease:
        name = f"{objects.PREFIX}-{self._owned['owner'][:12]}"
        labels = {objects.OWNER: self._owned["owner"]}
        return Lease(self._server, self._environment.target["namespace"], name, labels)

    def problems(self) -> list[Problem]:
        """A namespace is shared, and what the role of who deploys does not allow, each call says."""
        return []

    def stranger(self) -> None:
        """A namespace is shared: whose an object is, each one says."""

    def running(self) -> dict[str, Running]:
        """Return what runs, model by model: only what deploy put there for this environment."""
        seen = {model: self._observe(model, parts) for model, parts in sorted(self._space.all().items())}
        return {model: one for model, one in seen.items() if one}

    def _observe(self, model: str, parts: Mapping[str, Object]) -> Running | None:
        """Return what runs of a model; None where its first version was not proven yet and is to be begun anew."""
        main = parts.get(self._space.kinds[0])
        about = objects.standing(main) if main else None
        if about is None:
            return Running("unknown", "", False)
        shown = about.settled or about.serves
        if about.trial and not about.trial.is_proven:  # a deploy was killed
            pin = self._environment.pins.get(model)
            is_wanted = pin is not None and pin.sha256 == about.serves.sha256
            return Running(shown.version, shown.sha256, is_wanted) if about.settled or not is_wanted else None
        if about.is_returning or "deletionTimestamp" in main["metadata"]:
            return Running(shown.version, shown.sha256, False)
        healthy = not self._space.drift(model, about, parts)
        if about.trial is None:
            return Running(shown.version, shown.sha256, healthy)
        trial = Trial(about.serves.version, about.serves.sha256, about.trial.since, about.trial.share)
        settled = about.settled
        return Running(settled.version if settled else "", settled.sha256 if settled else "", healthy, trial)

    def strangers(self, models: Iterable[str]) -> dict[str, Problem]:
        """Return the models that no object may be named after, and those whose name others' objects have."""
        wanted = [*models]
        own = self._space.all() if wanted else {}
        found = {model: self._space.stranger(model) for model in wanted if model not in own}
        return {model: problem for model, problem in found.items() if problem}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the namespace's lease of this environment while the block runs."""
        with self._lease.held():
            yield

    def begin(self, delivery: Delivery, share: float) -> None:
        """Let a version answer a share of the requests: applied, ready, and proven; else what ran is put back."""
        model = delivery.pin.model
        self._refuse_stranger(model)  # before anything is fetched
        version, known = self._version(delivery)
        self._refuse_stranger(model)
        main = self._space.rest(model, self._space.kinds[0])
        before = objects.standing(main) if main else None
        settled = before.settled if before else None
        if settled and (settled.version, settled.sha256) == (version.version, version.sha256):
            about = Standing(version, version)
        else:
            about = Standing(version, settled, Attempt(time.time(), share if settled else 1.0))
            self._check_canary(main, about)
        try:
            self._write(model, about)
            is_canary = bool(about.trial) and about.trial.share < 1
            self._await(model, version, self._asked(model, version, known, is_canary), bool(about.trial))
        except RegistryError as error:
            is_own = isinstance(error, Wrong) and about.trial is not None  # what runs already is to blame for nothing
            raise (Unfit if is_own else RegistryError)(*error.problems, *self._undo(model, about)) from error
        if about.trial:
            self._write(model, replace(about, trial=replace(about.trial, is_proven=True)))

    def _refuse_stranger(self, model: str) -> None:
        raise_all([*filter(None, [self._space.stranger(model)])])

    def _version(self, delivery: Delivery) -> "tuple[Version, Golden]":
        """Return what a cluster is told of a version on its way, and its golden predictions."""
        from registry.artifacts import archive, golden

        with tempfile.TemporaryDirectory() as scratch:
            tar, unpacked = delivery.fetch(Path(scratch)), Path(scratch, "unpacked")
            image = self._image(delivery, tar)
            with tar.open("rb", buffering=0) as stream:
                archive.unpack(stream, unpacked, delivery.artifact)
            known = golden.read(unpacked)
        commit, runtime = delivery.facts["commit"], delivery.facts["report"]["runtime"]
        return Version(delivery.pin.version, delivery.artifact.sha256, image, commit, runtime), known

    def _write(self, model: str, about: Standing) -> None:
        """Write as who holds the lease: a process that lost it leaves all to who has it now."""
        self._lease.check()
        self._space.write(model, about)

    def _undo(self, model: str, about: Standing) -> Iterator[Problem]:
        """Put back what ran before a trial that began badly, where it began at all; yield why that failed."""
        if about.trial is None:
            return
        try:
            found = self._space.find(model)
            if found and objects.standing(found) == about:
                self.put_back(model)
        except RegistryError as error:
            yield from error.problems
            yield Problem(self.place, 0, model, "what ran before is not back yet; run the same again")

    def _check_canary(self, main: Object | None, about: Standing) -> None:
        if main and about.trial.share < 1 and not states.has_canary(main):
            text = f"KServe serves it in the mode {states.mode(main)}, which knows no canary; leave rollout out, or let it be Serverless"
            raise refuse(self.place, text, field=main["metadata"]["name"])

    def widen(self, model: str) -> None:
        """Let the version that is tried answer all requests; the settled one can still be put back."""
        about = self._space.standing(model)
        self._write(model, replace(about, trial=Attempt(time.time(), 1.0, True)))
        self._await(model, about.serves, self._asked(model, about.serves))

    def settle(self, model: str) -> None:
        """Make the version that is tried the settled one."""
        about = self._space.standing(model)
        if about.trial:
            self._write(model, Standing(about.serves, about.serves))

    def put_back(self, model: str) -> None:
        """Let the settled version answer all requests again.

        From a canary in two steps, since a new revision of it must be there first: until then all go to the one before.
        """
        about = self._space.standing(model)
        if about.settled is None:
            return self.remove(model)
        back = Standing(about.settled, about.settled)
        if about.trial and about.trial.share < 1:
            self._write(model, replace(back, is_returning=True))
            self._await(model, back.serves, states.unseen)
        self._write(model, back)
        return self._await(model, back.serves, self._asked(model, back.serves))

    def remove(self, model: str) -> None:
        """Take a model away, with its hold and what was kept in mind."""
        self._lease.check()
        self._keep(holding.remembered(self.brought(), [model], lambda model: None))
        self._space.remove(model)
        self.hold(model, None)

    def holds(self) -> dict[str, Hold]:
        """Return what did badly and is not tried again, by model."""
        return holding.held(self._lease.note(HOLDS) or "{}", self._lease.place)

    def hold(self, model: str, hold: Hold | None) -> None:
        """Keep that a version of a model is held, or that none is any more."""
        before = self.holds()
        if (after := holding.changed(before, model, hold)) != before:
            self._lease.write(HOLDS, holding.text(after))

    def brought(self) -> dict[str, Running]:
        """Return what `remember` kept in mind, by model."""
        return holding.parse(self._lease.note(BROUGHT) or "{}")

    def remember(self, models: Iterable[str]) -> None:
        """Keep in mind what is there now of some models."""
        self._keep(holding.remembered(self.brought(), models, self.running().get))

    def _keep(self, brought: Mapping[str, Running]) -> None:
        text = holding.dump(brought)
        try:
            if text != (self._lease.note(BROUGHT) or "{}"):
                self._lease.write(BROUGHT, text)
        except Refusal as refusal:
            if refusal.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            text = "has no room to tell all that was brought, so of the newest nobody misses what is deleted"
            console.warn(f"{self._lease.place}: {text}")

    def _await(self, model: str, version: Version, asked: Callable[[Object], str | None], is_new: bool = False) -> None:
        """Wait until an object of a version is ready and answers; raise RegistryError where it doesn't."""
        within = self._environment.health.within
        lack = readiness.wait(lambda: self._space.find(model), asked, within, is_new)
        if lack:
            kind = Wrong if lack.is_own else RegistryError
            raise kind(Problem(f"{model} {version.version} in {self.place}", 0, "", lack.why))

    def _asked(
        self, model: str, version: Version, known: "Golden | None" = None, is_canary: bool = False
    ) -> Callable[[Object], str | None]:
        """Return what asks where a version answers: it says why it does not yet, and raises Wrong where it does wrongly.

        A canary has an address of its own, which KServe tells.
        """
        from registry.destinations import health

        number = versions.to_integer(version.version)
        protocol = "v2" if version.runtime == "onnx" and self._space.kinds[0] == "InferenceService" else "v1"

        def ask(found: Object) -> str | None:
            where = states.canary(found) if is_canary else self._endpoint.replace(terms.MODEL, model)
            if where is None:
                return "KServe tells no address where the canary answers alone"
            return health.lack(where, model, number, protocol, known)

        return ask


def find(root: Path, environment: Environment, patience: float = math.inf) -> Kubernetes:
    """Return the target of a repository's environment, of which each call is waited for so many seconds at most.

    Raises RegistryError without a way to its cluster.
    """
    server = ApiServer(environment.target.get("context"), patience)
    return Kubernetes(server, root, environment, partial(_image, environment))


def _image(environment: Environment, delivery: Delivery, tar: Path) -> str:
    from registry.images import pushing

    return pushing.reference(environment.images, delivery.facts, tar, environment.modelcar_base)
