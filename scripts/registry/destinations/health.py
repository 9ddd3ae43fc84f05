"""Whether a version does well where it runs: it is there in time, and answers as when it was judged."""

import time
from dataclasses import dataclass
from pathlib import Path

from registry import versions
from registry.artifacts import golden
from registry.artifacts.golden import Golden
from registry.destinations.interface import Delivery, Unfit, blamed
from registry.destinations.probing import AVAILABLE, Endpoint, Silence
from registry.errors import Problem, RegistryError
from registry.kube.readiness import Wrong

PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between two looks
FAILED = "END: "  # and why; without, it is what a server says of one that it let go before


@dataclass(frozen=True)
class Proof:
    """Where versions are asked whether they are there, and within how many seconds they must be."""

    endpoint: Endpoint
    within: int

    def hold(self, delivery: Delivery, unpacked: Path) -> None:
        """Wait until a version is there, and hold its answers against its golden predictions, which lie unpacked.

        Raises Unfit where it is there too late or answers otherwise, and RegistryError where nobody answers at all:
        that is no fault of the version.
        """
        model, number = delivery.pin.model, versions.to_integer(delivery.pin.version)
        self._wait(model, number, delivery.tag)
        with blamed():
            self.endpoint.prove(golden.read(unpacked), model, number)

    def _wait(self, model: str, number: int, tag: str) -> None:
        end, pause, silence, told = time.monotonic() + self.within, PAUSE, None, ""
        while told != AVAILABLE or silence:
            if told.startswith(FAILED) or time.monotonic() > end:
                raise silence or self._late(told, tag)
            time.sleep(pause if told or silence else 0)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                told, silence = self.endpoint.states(model).get(number, "not known there"), None
            except RegistryError as error:
                silence = error

    def _late(self, told: str, tag: str) -> Unfit:
        when = "" if told.startswith(FAILED) else f" after {self.within} s"
        return Unfit(Problem(tag, 0, "", f"is {told}{when} at {self.endpoint.address}; look at the server's log"))


def lack(address: str, model: str, number: int, protocol: str, known: Golden | None) -> str | None:
    """Say why a version does not answer at an address as yet, or None; raise Wrong where it answers otherwise than judged.

    Without golden predictions that are `known` it has to be there only.
    """
    endpoint = Endpoint(address)
    if protocol == "v2":
        state = AVAILABLE if endpoint.is_ready(model, number) else "not ready"
    else:
        state = endpoint.states(model).get(number, "not there")
    if state != AVAILABLE:
        return f"{address} says of it: {state}"
    try:
        if known is not None:
            endpoint.prove(known, model, number, protocol=protocol)
    except Silence as error:
        return "; ".join(map(str, error.problems))
    except RegistryError as error:
        raise Wrong(*error.problems) from error
    return None
