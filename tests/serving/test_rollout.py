"""`serve` while a version is tried beside the settled one: who answers, what is compared, and what can't do harm."""

import asyncio
import json
import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from asking import ROW, x
from servers import DEADLINE, Server, below, factor, fixture, hammered, place, ready, remove, serving, until

from registry import files
from registry.running.blame import Record
from registry.running.supervision import Served
from registry.serving import rollout, shadowing
from registry.serving.rollout import Rollout
from registry.serving.shadowing import Copies, Copy

DOUBLE, TRIPLE = fixture("double"), fixture("triple")
OLD, NEW = 1_000_000, 1_001_000
V1, V2 = "/v1/models/digits", "/v2/models/digits"


def told(models: Path, share: float = 0.0, *, stable: int = OLD, trial: int = NEW, **more: object) -> Path:
    """Say how a version is tried, as deploy does."""
    file = models / "digits/rollout.json"
    files.write(file, json.dumps({"stable": stable, "trial": trial, "share": share, **more}))
    return file


def begun(models: Path, share: float = 0.0, content: bytes = TRIPLE, **more: object) -> None:
    place(models, "digits", OLD, DOUBLE)
    told(models, share, **more)
    place(models, "digits", NEW, content)


def asked(server: Server, path: str = f"{V1}:predict", **headers: str) -> float:
    body = x() if path.endswith("/infer") else {"instances": [ROW]}
    answer = requests.post(server.url + path, json=body, headers=headers, timeout=DEADLINE).json()
    return answer["outputs"][0]["data"][0] if path.endswith("/infer") else answer["predictions"][0][0][0]


def figure(server: Server, name: str, **labels: object) -> float:
    """Return the sum of what /metrics tells of a name with these labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    lines = [line for line in server.get("/metrics").text.splitlines() if line.startswith(name + "{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines if all(one in line for one in wanted))


def compared(server: Server, agrees: str) -> float:
    return figure(server, "serve_compared_total", model="digits", version=NEW, agrees=agrees)


def copyist(server: Server) -> int | None:
    """Return the process that answers copies, where there is one."""
    return next((pid for pid, args in below(server).items() if "computing.main" in args and args.endswith(", 10)")), None)


def test_each_id_has_one_version_in_all_workers_and_each_version_answers_by_number_and_label(root, models):
    begun(models, 0.3)
    with serving(root, "--workers=2") as server:
        ids = [f"{number}" for number in range(100)]
        with ThreadPoolExecutor(8) as threads:
            first = list(threads.map(lambda one: asked(server, **{"X-Request-Id": one}), ids))
            again = list(threads.map(lambda one: asked(server, f"{V2}/infer", **{"x-request-ID": one}), ids))
            drawn = list(threads.map(lambda one: asked(server, **one), [{}, {"X-Request-Id": ""}] * 60))
        assert first == again
        assert set(first) == {2.0, 3.0} and 15 <= first.count(3.0) <= 45
        assert set(drawn) == {2.0, 3.0} and 15 <= drawn.count(3.0) <= 60
        for path, expected in (
            {f"{V1}/versions/{OLD}:predict": 2.0, f"{V1}/labels/stable:predict": 2.0, f"{V2}/versions/{OLD}/infer": 2.0}
            | {f"{V1}/versions/{NEW}:predict": 3.0, f"{V1}/labels/canary:predict": 3.0, f"{V2}/versions/{NEW}/infer": 3.0}
        ).items():
            assert {asked(server, path) for _ in range(8)} == {expected}, path
        status = [server.get(f"{V1}{part}").json()["model_version_status"] for part in ("", "/labels/stable", "/labels/canary")]
        assert [[one["version"] for one in some] for some in status] == [[f"{NEW}", f"{OLD}"], [f"{OLD}"], [f"{NEW}"]]
        assert {one["state"] for some in status for one in some} == {"AVAILABLE"}
        assert [server.get(f"{V1}{part}/metadata").json()["model_spec"]["version"] for part in ("", "/labels/canary")] == [
            f"{OLD}", f"{NEW}"]  # fmt: skip
        assert server.get(V2).json()["versions"] == [f"{OLD}", f"{NEW}"]
        counts = [figure(server, "serve_requests_total", version=one, status=200) for one in (OLD, NEW)]
        assert counts == [figure(server, "serve_request_seconds_count", version=one) for one in (OLD, NEW)]
        assert sum(counts) == 320 + 48
        assert figure(server, "serve_trial_share", model="digits", version=NEW) == 0.3
        told(models, 1)
        until(lambda: figure(server, "serve_model_loaded", version=NEW), "all to the new version")
        until(lambda: {asked(server, **{"X-Request-Id": one}) for one in ids} == {3.0}, "each worker's answers")
        assert asked(server, f"{V1}/labels/stable:predict") == 2.0
    assert f"digits: {NEW} is tried beside {OLD}, for 30% of the requests that name no version" in server.said
    assert "Traceback" not in server.said


HOSTILE = {
    "is no JSON": b'{"stable": 1000000, "trial": 100',
    "is no JSON: unexpected": b"\xff\xfe\x00",
    "is no JSON object": b"[1000000, 1001000, 0.5]",
    "stable is no version; they are integers": b"{}",
    "trial is no version; they are integers": b'{"stable": 1000000, "trial": true, "share": 0.5}',
    "stable and trial are both 1000000": b'{"stable": 1000000, "trial": 1000000, "share": 0.5}',
    "share is no number from 0 to 1": b'{"stable": 1000000, "trial": 1001000, "share": 10}',
    "shadow is neither true nor false": b'{"stable": 1000000, "trial": 1001000, "share": 0, "shadow": "no"}',
    "is larger than 4096 bytes": b" " * 5000,
    "can't be read: too many levels": Path("/dev/zero"),
    "is no file": Path("."),
}


def test_a_file_that_is_broken_is_as_none_and_told_once(root, models):
    begun(models, 0.0)
    file = models / "digits/rollout.json"
    with serving(root) as server, hammered(server) as wrong:
        for text, content in HOSTILE.items():
            until(lambda: factor(server) == 2.0, "the settled version")
            file.unlink()
            if isinstance(content, bytes):
                file.write_bytes(content)
            elif content.is_absolute():
                file.symlink_to(content)
            else:
                os.mkfifo(file)
            line = f"digits/rollout.json: {text}"
            until(lambda: line in server.said, line)
            until(lambda: factor(server) == 3.0, "the largest number")
            file.unlink()
            told(models, 0.0)
        told(models, 0.0, stable=7, trial=8)
        until(lambda: "digits: 8 is tried beside 7" in server.said, "what nothing lies there for")
        assert factor(server) == 3.0
        assert ready(server)
    assert wrong == []
    assert server.said.count("served as without it") == len(HOSTILE)
    assert "Traceback" not in server.said


def test_a_process_without_a_file_left_says_nothing_against_what_it_cannot_open(models):
    begun(models)
    file = models / "digits/rollout.json"
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            rollout.read(file)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert rollout.read(file) == Rollout(OLD, NEW)


@pytest.mark.parametrize(("workers", "stable", "trial", "endings"), [
    ("--workers=1", OLD, NEW, ["killed while it was aborted", "settled otherwise"]),
    ("--workers=2", NEW, OLD, ["aborted", "killed while it was aborted", "settled"]),
])  # fmt: skip
def test_trials_begin_grow_and_end_in_any_order_without_a_lost_request(root, models, workers, stable, trial, endings):
    settled = place(models, "digits", stable, DOUBLE)
    file = models / "digits/rollout.json"
    seen = {2.0: [2.0] * 12, 3.0: [3.0] * 12}

    def twelve(server: Server) -> list[float]:
        return [asked(server) for _ in range(12)]

    with serving(root, workers) as server, hammered(server) as wrong:
        for ending in endings:
            told(models, 0.5, stable=stable, trial=trial)
            until(lambda: figure(server, "serve_model_loaded", version=stable) == 1.0, "a file without its version")
            assert twelve(server) == seen[2.0]
            tried = place(models, "digits", trial, TRIPLE)
            until(lambda: set(twelve(server)) == {2.0, 3.0}, "answers of both")
            told(models, 1, stable=stable, trial=trial)
            until(lambda: twelve(server) == seen[3.0], "answers of the new one only")
            if ending == "settled otherwise":
                file.unlink()
            if ending.startswith("settled"):
                remove(settled)
                until(lambda: f"digits {stable}: gone, let go" in server.said, "the end of the old version")
                assert twelve(server) == seen[3.0]
                labelled = partial(asked, server, f"{V1}/labels/stable:predict")
                until(lambda ask=labelled: {ask() for _ in range(12)} == {3.0}, "the label in every worker")
                file.unlink(missing_ok=True)
                assert twelve(server) == seen[3.0]
                settled = place(models, "digits", stable, DOUBLE)
                told(models, 0, stable=stable, trial=trial)
                until(lambda: twelve(server) == seen[2.0], "the old one again")
                remove(tried)
            else:
                remove(tried)
                until(lambda: twelve(server) == seen[2.0], "the old one again")
            if ending != "killed while it was aborted":
                file.unlink()
            assert twelve(server) == seen[2.0]
        files.write(file, json.dumps({"stable": stable}))  # what deploy says while it moves folders
        tried = place(models, "digits", trial, TRIPLE)
        until(lambda: f'"{trial}"' in server.get(V2).text, "the other")
        assert twelve(server) == seen[2.0]
        assert server.get(f"{V1}/labels/canary").status_code == 400
        files.write(file, json.dumps({"stable": trial}))
        until(lambda: twelve(server) == seen[3.0], "the other, which is settled now")
    assert wrong == []
    assert "Traceback" not in server.said


def test_a_trial_that_cannot_be_loaded_changes_nothing_and_is_told(root, models):
    begun(models, 1, TRIPLE[:500])
    with serving(root) as server:
        assert f"digits/{NEW}/assets.extra/model.tflite: can't be loaded" in server.said
        assert ready(server)
        assert {factor(server) for _ in range(8)} == {2.0}
        assert figure(server, "serve_trial_share", version=NEW) == 0
        assert figure(server, "serve_model_loaded", version=OLD) == 1
        status = server.get(f"{V1}/labels/canary").json()["model_version_status"]
        assert (status[0]["version"], status[0]["state"]) == (f"{NEW}", "END")
        refused = server.post(f"{V1}/labels/canary:predict", {"instances": [ROW]})
        assert refused.status_code == 404
        assert refused.json()["error"].startswith(f"Servable not found for request: Specific(digits, {NEW}); digits/{NEW}/assets.extra")
        (models / f"digits/{NEW}/assets.extra/model.tflite").write_bytes(TRIPLE)
        until(lambda: factor(server) == 3.0, "the repaired version")


@contextmanager
def shadowed(root: Path, models: Path, content: bytes, *flags: str):
    begun(models, 0, content, shadow=True)
    with serving(root, *flags) as server:
        yield server
    assert "Traceback" not in server.said


def test_in_the_shadow_a_version_answers_copies_and_nobody_else(root, models):
    with shadowed(root, models, TRIPLE, "--workers=2") as server:
        for _ in range(10):
            assert asked(server) == asked(server, f"{V2}/infer") == 2.0
        until(lambda: compared(server, "false") == 20, "comparisons")
        assert server.post(f"{V1}:predict", {"instances": []}).status_code == 400
        assert asked(server, f"{V1}/labels/stable:predict") == 2.0
        assert asked(server, f"{V1}/labels/canary:predict") == 3.0
        assert figure(server, "serve_requests_total", version=NEW) == 1
        remove(models / f"digits/{NEW}")
        place(models, "digits", NEW, DOUBLE)
        until(lambda: asked(server, f"{V1}/labels/canary:predict") == 2.0, "another version of that number")
        until(lambda: asked(server) and compared(server, "true"), "copies that agree")
        told(models, 1)
        until(lambda: copyist(server) is None, "the end of the copies")


def test_copies_that_do_not_fit_are_dropped_and_counted_and_slow_nothing(root, models):
    with shadowed(root, models, TRIPLE) as server:
        assert asked(server) == 2.0
        until(lambda: compared(server, "false") == 1, "a comparison")
        stopped = copyist(server)
        os.kill(stopped, signal.SIGSTOP)
        for _ in range(50):
            assert asked(server) == 2.0
        large = {"instances": [ROW] * 50_000}
        assert len(server.post(f"{V1}:predict", large).json()["predictions"]) == 50_000
        dropped = figure(server, "serve_not_compared_total", model="digits", version=NEW)
        assert 50 - 32 - 1 <= dropped <= 50 - 32 + 1
        assert compared(server, "false") == 1
        os.kill(stopped, signal.SIGKILL)
        until(lambda: compared(server, "false") == 52 - dropped, "the others, from another process")
        assert copyist(server) not in (stopped, None)


def test_what_is_busy_for_good_disagrees_and_is_started_anew(models, monkeypatch):
    monkeypatch.setattr(shadowing, "PATIENCE", 2.0)
    trial = Served("digits", NEW, place(models, "digits", NEW, TRIPLE), None, 1, Record("digits/1001000"))
    answered = json.dumps({"predictions": [ROW]}).encode(), None
    copy = Copy(trial, "v1", json.dumps({"instances": [ROW]}).encode(), None, answered)
    tried, noted = {trial}, []

    async def stall() -> None:
        copies = Copies(lambda: tried, lambda _, share: noted.append(share))
        for count, expected in (1, [0.0]), (2, [0.0] * 2), (3, [0.0] * 3):
            await copies.offer(copy)
            while len(noted) < count:
                await asyncio.sleep(0.01)
            assert noted == expected
            if count == 1:
                stalled.append(copyist(here))
                os.kill(stalled[0], signal.SIGSTOP)
        stalled.append(copyist(here))
        tried.clear()
        while copyist(here):
            await asyncio.sleep(0.01)
        await copies.stop()

    here, stalled = SimpleNamespace(process=SimpleNamespace(pid=os.getpid())), []
    asyncio.run(stall())
    assert len({*stalled, None}) == 3
