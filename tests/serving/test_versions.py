"""`serve` follows its directory: versions come, go, are replaced and damaged, under load."""

import json
import re
import shutil
import subprocess

import pytest
from servers import factor, fixture, hammered, place, ready, remove, serving, until

DOUBLE, TRIPLE = fixture("double"), fixture("triple")


@pytest.mark.parametrize("workers", ["--workers=1", "--workers=2"])
def test_switching_and_rolling_back_lose_no_request(root, models, workers):
    first = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root, workers) as server, hammered(server) as wrong:
        for _ in range(2):
            second = place(models, "digits", 1_001_000, TRIPLE)
            until(lambda: factor(server) == 3.0, "the new version")
            remove(first)
            first = place(models, "digits", 1_000_000, DOUBLE)
            remove(second)
            until(lambda: factor(server) == 2.0, "the old version again")
    assert wrong == []


def test_a_version_replaced_under_its_number_is_noticed_without_a_lost_request(root, models):
    current = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server, hammered(server) as wrong:
        for content, expected in [(TRIPLE, 3.0), (DOUBLE, 2.0)] * 2:
            remove(current)
            current = place(models, "digits", 1_000_000, content)
            until(lambda expected=expected: factor(server) == expected, "the replacement")
    assert wrong == []


def test_a_damaged_version_changes_nothing_until_it_is_repaired(root, models):
    first = place(models, "digits", 1_000_000, DOUBLE)
    other = place(models, "other", 1_000_000, DOUBLE)
    with serving(root) as server:
        damaged = place(models, "digits", 1_001_000, TRIPLE[:500])
        until(lambda: "1001000/assets.extra/model.tflite: can't be loaded" in server.said, "a line about it")
        remove(first)
        remove(other)
        until(lambda: "other 1000000: gone, let go" in server.said, "the end of a version that went later")
        assert factor(server) == 2.0
        assert server.said.count("can't be loaded: ") == 1
        assert server.said.count("still serving 1000000") == 1
        (damaged / "assets.extra/model.tflite").write_bytes(TRIPLE)
        until(lambda: factor(server) == 3.0, "the repaired version")
        assert ready(server)


def test_damage_to_the_version_in_memory_does_not_matter(root, models):
    current = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        (current / "assets.extra/model.tflite").write_bytes(b"")
        until(lambda: "can't be loaded" in server.said, "a line about it")
        assert factor(server) == 2.0
        shutil.rmtree(models)
        line = "deployments: can't be read; what is in memory stays until it can"
        until(lambda: line in server.said, "a line about it")
        assert factor(server) == 2.0


def test_a_model_without_versions_is_offered_no_longer(root, models):
    place(models, "other", 1_000_000, DOUBLE)
    current = place(models, "digits", 1_000_000, DOUBLE)
    with serving(root) as server:
        remove(current)
        until(lambda: factor(server) is None, "the end of the offer")
        assert ready(server)
        assert server.get("/v2/models/digits").json() == {"error": 'model "digits" is not served here; served: other'}


def test_a_directory_that_does_not_exist_yet_is_picked_up(root, models):
    with serving(root) as server:
        assert "nothing yet" in server.said
        assert not ready(server)
        assert server.get("/v2/health/live").status_code == 200
        place(models, "digits", 1_000_000, DOUBLE)
        until(lambda: ready(server), "the first model")
        assert factor(server) == 2.0


def test_it_says_what_it_serves_and_a_command_that_works(root, models):
    place(models, "digits", 1_002_003, DOUBLE)
    with serving(root) as server:
        assert f"serving staging from {models} on {server.url}\n  digits 1.2.3\n" in server.said
        command = re.search("curl .*", server.said).group()
        answer = subprocess.run([*command.split(), "--silent"], capture_output=True, check=True).stdout
        assert json.loads(answer)["name"] == "digits"


def test_a_name_that_needs_quoting_in_an_address(root, models):
    place(models, "two words", 1_000_000, DOUBLE)
    with serving(root) as server:
        assert f"curl {server.url}/v2/models/two%20words\n" in server.said
        assert server.get("/v2/models/two%20words/ready").status_code == 200


def test_a_thousand_versions_and_models(root, models):
    for number in range(500):
        place(models, "digits", number, DOUBLE)
        place(models, f"model-{number}", 1_000_000, TRIPLE)
    with serving(root) as server:
        assert len(server.get("/v1/models/digits").json()["model_version_status"]) == 500
        assert ready(server)
        assert factor(server) == 2.0
        place(models, "digits", 500, TRIPLE)
        until(lambda: factor(server) == 3.0, "the newest of 501")
