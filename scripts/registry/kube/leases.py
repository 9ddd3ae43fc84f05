"""One deploy at a time in a namespace: a lease, which is renewed while it is held, and taken over from who died.

What must be known of an environment wherever it is deployed from stands in notes of the same object.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus

from registry.errors import RegistryError, refuse
from registry.kube.apiserver import ApiServer, Refusal
from registry.kube.objects import Object

LASTS, RENEWED, ASKED = 10, 2, 0.5  # seconds: who is silent for as long is dead; how often it is renewed, and asked for


class Lease:
    """A lease in a namespace. Clocks of machines are not compared: it is held as long as it changes."""

    def __init__(self, server: ApiServer, namespace: str, name: str, labels: Mapping[str, str]) -> None:
        self.place = f"the lease {name} in the namespace {namespace}"
        self._server = server
        self._all = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._path = f"{self._all}/{name}"
        self._meta = {"name": name, "labels": dict(labels)}
        self._holder, self._renewed = "", 0.0  # who holds it here, and when it was renewed, by this machine's clock

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it while the block runs; raise RegistryError where somebody else does."""
        holder = f"{socket.gethostname()}, process {os.getpid()}, {uuid.uuid4().hex[:8]}"
        self._take(holder)
        self._holder = holder
        ended = threading.Event()
        renewing = threading.Thread(target=self._keep, args=(ended,), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()
            self._let_go()

    def check(self) -> None:
        """Raise RegistryError where who holds it stood still for so long that another process took it over."""
        if self._holder and time.monotonic() > self._renewed + LASTS and not self._is_renewed():
            text = "was taken over by another process while this one stood still; look at what runs, and run the same again"
            raise refuse(self.place, text)

    def note(self, key: str) -> str | None:
        """Return a note, or None where there is none."""
        found = self._server.find(self._path)
        return ((found or {}).get("metadata", {}).get("annotations") or {}).get(key)

    def write(self, key: str, text: str | None) -> None:
        """Write a note, or take it away."""
        if self._server.find(self._path) is None:
            self._put(None, "")
        self._server.merge(self._path, {"metadata": {"annotations": {key: text}}})

    def _take(self, holder: str) -> None:
        found, since = self._server.find(self._path), time.monotonic()
        first = found
        while found and (other := found["spec"].get("holderIdentity")) and time.monotonic() < since + LASTS:
            if found["spec"].get("renewTime") != first["spec"].get("renewTime"):
                text = "is being deployed to by another process; wait until it is done"
                raise refuse(self.place, f"{text} ({other})")
            time.sleep(ASKED)
            found = self._server.find(self._path)
        self._renewed = time.monotonic()
        try:
            self._put(found, holder)
        except Refusal as refusal:
            if refusal.status == HTTPStatus.CONFLICT:
                raise refuse(self.place, "is being deployed to by another process; wait until it is done") from None
            raise

    def _put(self, found: Object | None, holder: str) -> None:
        spec = {"holderIdentity": holder, "leaseDurationSeconds": LASTS, "acquireTime": _now(), "renewTime": _now()}
        made = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": self._meta, "spec": spec}
        if found is None:
            self._server.create(self._all, made)
        else:
            self._server.replace(self._path, found | {"spec": spec})

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(RENEWED):
            try:
                if not self._is_renewed():
                    return
            except RegistryError:
                continue  # what the deploy itself asks of the server tells that

    def _is_renewed(self) -> bool:
        """Renew it, and say whether it still is held here: nobody takes over what changes meanwhile."""
        asked = time.monotonic()
        found = self._server.merge(self._path, {"spec": {"renewTime": _now()}})
        if found["spec"].get("holderIdentity") != self._holder:
            return False
        self._renewed = asked
        return True

    def _let_go(self) -> None:
        holder, self._holder = self._holder, ""
        try:
            found = self._server.find(self._path)
            if found and found["spec"].get("holderIdentity") == holder:
                self._server.replace(self._path, found | {"spec": found["spec"] | {"holderIdentity": ""}})
        except RegistryError:
            pass  # it ends by itself


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
