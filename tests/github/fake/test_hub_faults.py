"""The GitHub of the tests breaks as planned."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
import requests
from hub import KINDS, Hub
from hub.caller import TIMEOUT, Caller

CREATED = "/repos/{owner}/{repo}/issues"


@pytest.mark.parametrize(("kind", "kept"), [("reset-before", 0), ("reset-after", 1), ("truncated", 1)])
def test_a_connection_breaks_before_or_after_the_server_acted(hub: Hub, octo: Caller, kind: str, kept: int) -> None:
    hub.faults.add(kind, 1)
    with pytest.raises(requests.ConnectionError if kind != "truncated" else requests.exceptions.ChunkedEncodingError):
        octo.post("/issues", title="t")
    assert len(hub.repository.issues) == kept
    octo.post("/issues", title="t")


@pytest.mark.parametrize(("kind", "kept"), [("502-before", 0), ("502-after", 1), ("500", 0), ("404", 0), ("409", 0)])
def test_an_error_comes_before_or_after_the_server_acted(hub: Hub, octo: Caller, kind: str, kept: int) -> None:
    hub.faults.add(kind, method="POST")
    octo.post("/issues", int(kind[:3]), title="t")
    assert len(hub.repository.issues) == kept


def test_rate_limits_say_when_to_come_back(hub: Hub, octo: Caller) -> None:
    for kind in ("403-rate", "403-secondary", "429", "403"):
        hub.faults.add(kind)
    rate, secondary, many, plain = (octo.call("GET", "", code) for code in (403, 403, 429, 403))
    assert (rate.headers["x-ratelimit-remaining"], "Retry-After" in rate.headers) == ("0", False)
    assert int(rate.headers["x-ratelimit-reset"]) < 2_000_000_000
    assert (secondary.headers["Retry-After"], many.headers["Retry-After"]) == ("1", "1")
    assert plain.headers["x-ratelimit-remaining"] != "0"


def test_bytes_arrive_wrong(hub: Hub, octo: Caller) -> None:
    octo.write("a", "b")
    release = octo.post("/releases", tag_name="v1", draft=True)
    asset = octo.upload(release, "a.tar", b"bytes")
    hub.faults.add("altered", host="storage")
    hub.faults.add("altered", template="/repos/{owner}/{repo}/releases/{release_id}/assets", method="GET")
    assert (octo.fetch(asset).content, octo.fetch(asset).content) == (b"0ytes", b"bytes")
    assert octo.get(f"/releases/{release['id']}/assets")[0]["digest"] != asset["digest"]
    assert octo.get(f"/releases/{release['id']}/assets")[0]["digest"] == asset["digest"]


def test_bytes_arrive_wrong_at_the_server(hub: Hub, octo: Caller) -> None:
    octo.write("a", "b")
    release = octo.post("/releases", tag_name="v1", draft=True)
    hub.faults.add("altered", host="uploads")
    assert octo.fetch(octo.upload(release, "a.tar", b"bytes")).content == b"0ytes"


def test_a_broken_upload_leaves_a_starter_that_blocks_its_name(hub: Hub, octo: Caller) -> None:
    octo.write("a", "b")
    release = octo.post("/releases", tag_name="v1", draft=True)
    hub.faults.add("502-before", host="uploads")
    octo.upload(release, "a.tar", b"bytes", 502)
    (left,) = octo.get(f"/releases/{release['id']}/assets")
    assert (left["state"], left["size"], left["digest"]) == ("starter", 0, None)
    octo.upload(release, "a.tar", b"bytes", 422)
    octo.delete(f"/releases/assets/{left['id']}")
    octo.upload(release, "a.tar", b"bytes")


def test_a_slow_answer_is_whole_and_one_that_stalls_never_comes(hub: Hub, octo: Caller) -> None:
    hub.faults.add("slow")
    assert octo.get("")["full_name"] == "octo/models"
    hub.faults.add("stall")
    with pytest.raises(requests.exceptions.ConnectionError, match="timed out"):
        octo.session.get(f"{hub.api_url}/repos/octo/models", timeout=0.2)


def test_a_process_is_killed_right_after_the_server_acted(hub: Hub, octo: Caller) -> None:
    code = (
        "import requests, sys; requests.post(sys.argv[1], json={'title': 't'}, headers={'Authorization': sys.argv[2]})"
    )
    fault = hub.faults.add("kill", 1, pid=lambda: process.pid)
    address = f"{hub.api_url}/repos/octo/models/issues"
    process = subprocess.Popen([sys.executable, "-c", code, address, f"Bearer {hub.token}"], env=os.environ)
    assert process.wait(TIMEOUT) == -signal.SIGKILL
    assert (len(hub.repository.issues), len(fault.struck)) == (1, 1)


def test_something_can_happen_between_two_calls(hub: Hub, octo: Caller) -> None:
    somebody = Caller(hub, hub.user("ann"))
    hub.after_call = lambda call: call.number == 1 and somebody.post("/issues", title="first")
    assert octo.get("/issues") == []
    assert len(octo.get("/issues")) == 1


def test_a_fault_strikes_as_often_as_planned_and_what_it_is_planned_for(hub: Hub, octo: Caller) -> None:
    hub.faults.add("500", method="POST", template=CREATED, when=lambda call: call.number > 1, times=2)
    codes = [
        octo.session.post(f"{hub.api_url}/repos/octo/models/issues", json={"title": "t"}).status_code for _ in "1234"
    ]
    assert codes == [201, 500, 500, 201]
    assert Counter(call.fault for call in hub.calls) == {"": 2, "500": 2}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_strike_a_read_and_the_hub_goes_on(hub: Hub, octo: Caller, kind: str) -> None:
    hub.faults.add(kind, 1)
    try:
        octo.session.get(f"{hub.api_url}/repos/octo/models", timeout=TIMEOUT)
    except requests.RequestException:
        assert kind in ("reset-before", "reset-after", "truncated")
    assert octo.get("")["full_name"] == "octo/models"
    assert hub.calls[0].fault == kind


def test_a_kind_that_does_not_exist_is_refused(hub: Hub) -> None:
    with pytest.raises(AssertionError, match="no kind of fault"):
        hub.faults.add("rain")
