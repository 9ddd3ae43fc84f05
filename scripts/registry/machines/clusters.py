"""Machines that train one model together, as TF_CONFIG names them, and which of them this is. Pure."""

import json
from dataclasses import dataclass

from registry.errors import RegistryError, refuse

VARIABLE = "TF_CONFIG"
CHIEF, WORKER = "chief", "worker"
FORM = '{"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """So many machines, and this one's number among them; the first hands over what all of them trained."""

    workers: int
    index: int

    @property
    def is_first(self) -> bool:
        """Whether it hands the model over, and does alone what need be done once."""
        return self.index == 0


ALONE = Cluster(1, 0)


def read(text: str | None) -> Cluster:
    """Return the machines that the variable's text names; one alone where there is none.

    Raises RegistryError where it names none that could train together.
    """
    if not text:
        return ALONE
    try:
        found = json.loads(text)
        cluster, task = found["cluster"], found["task"]
        # a text is no list, or each of its letters would count
        counts = {kind: len([] + cluster.get(kind, [])) for kind in (CHIEF, WORKER)}
        machines = [(kind, index) for kind, count in counts.items() for index in range(count)]
        here = machines.index((task["type"], int(task["index"])))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _fault("names no machine as this one") from error
    if others := sorted(cluster.keys() - {CHIEF, WORKER}):
        raise _fault(f"names machines of the kind {others[0]}, and only {CHIEF} and {WORKER} train together here")
    return Cluster(len(machines), here)


def _fault(text: str) -> RegistryError:
    return refuse(VARIABLE, f"{text}; write one such as {FORM}, or unset it")
