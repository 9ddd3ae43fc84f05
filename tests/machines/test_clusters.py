"""Machines that train together, as TF_CONFIG has them."""

import json

import pytest

from registry.errors import RegistryError
from registry.machines import clusters
from registry.machines.clusters import ALONE, Cluster

TWO = ["one:2222", "two:2222"]


def told(cluster: dict, kind: str, index: object) -> str:
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(("text", "found"), [
    (None, ALONE),
    ("", ALONE),
    (told({"worker": TWO[:1]}, "worker", 0), ALONE),
    (told({"worker": TWO}, "worker", 0), Cluster(2, 0)),
    (told({"worker": TWO}, "worker", "1"), Cluster(2, 1)),
    (told({"chief": ["c:1"], "worker": TWO}, "chief", 0), Cluster(3, 0)),
    (told({"chief": ["c:1"], "worker": TWO}, "worker", 0), Cluster(3, 1)),
])  # fmt: skip
def test_each_machine_knows_its_number_and_the_first_hands_over(text: str | None, found: Cluster) -> None:
    assert clusters.read(text) == found
    assert clusters.read(text).is_first is (found.index == 0)


@pytest.mark.parametrize(("text", "said"), [
    ("{", "names no machine as this one"),
    ("[]", "names no machine as this one"),
    ('{"cluster": {}}', "names no machine as this one"),
    (told({"worker": TWO}, "worker", 2), "names no machine as this one"),
    (told({"worker": 7}, "worker", 0), "names no machine as this one"),
    (told({"worker": "one:2222"}, "worker", 0), "names no machine as this one"),
    (told({"worker": TWO, "ps": ["p:1"]}, "worker", 0),
     "names machines of the kind ps, and only chief and worker train together here"),
])  # fmt: skip
def test_what_names_no_machines_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(RegistryError) as error:
        clusters.read(text)
    assert str(error.value) == f"TF_CONFIG: {said}; write one such as {clusters.FORM}, or unset it"
