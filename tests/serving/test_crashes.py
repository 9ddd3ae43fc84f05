"""`serve` goes on when a model ends the process that runs it: one 500, a restart, and after three the model is out."""

import os
import platform
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asking import ROW
from servers import Server, below, factor, fixture, hammered, place, ready, serving, until

LEAST = -(2**31)
traps = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="only x86 traps such a division")
seen = pytest.mark.skipif(not Path("/proc").exists(), reason="only /proc tells what threads take")


@pytest.fixture(autouse=True)
def digits(models: Path) -> None:
    place(models, "digits", 1_000_000, fixture("double"))


def remainder(server: Server, a: int, b: int) -> tuple[int, dict]:
    response = server.post("/v1/models/bad:predict", {"inputs": {"a": [a], "b": [b]}})
    return response.status_code, response.json()


def failed(name: str) -> tuple[int, dict]:
    return 500, {"error": f"model bad version 1000000 failed: it ended its process by {name}"}


def runner(server: Server) -> int:
    """Return the process that runs models, once it is there."""
    found: list[int] = []

    def is_there() -> bool:
        found[:] = [pid for pid, args in below(server).items() if "computing.main" in args]
        return len(found) == 1

    until(is_there, "one process that runs models")
    return found[0]


def taken(pid: int) -> list[int]:
    """Return what each thread but the first of a process took of a processor, in hundredths of a second."""
    rows = [file.read_text().rpartition(") ")[2].split() for file in Path(f"/proc/{pid}/task").glob("*/stat")
            if file.parent.name != str(pid)]  # fmt: skip
    return [int(row[11]) + int(row[12]) for row in rows]


def busy(pid: int) -> int:
    """Return how many threads but the first of a process took more than a tenth of a second of a processor."""
    return sum(one > 10 for one in taken(pid))


@traps
def test_a_crash_is_one_500_and_three_in_a_minute_take_the_version_out(root, models):
    place(models, "bad", 1_000_000, fixture("remainder"))
    with serving(root) as server, hammered(server) as wrong, ThreadPoolExecutor(4) as threads:
        for _ in range(2):
            others = [threads.submit(remainder, server, 7, 4) for _ in range(4)]
            assert remainder(server, LEAST, -1) == failed("SIGFPE")
            assert [other.result() for other in others] == [(200, {"outputs": [3]})] * 4
            assert remainder(server, 7, 4) == (200, {"outputs": [3]})
            assert ready(server)
        line = "bad/1000000: ended the process that runs models by SIGFPE; it is started again\n"
        assert server.said.count(line) == 2

        assert remainder(server, LEAST, -1) == failed("SIGFPE")
        fault = ("bad/1000000: is taken out, as it ended the process that runs models 3 times in 60 seconds, the last time "
                 "by SIGFPE; deploy another version")  # fmt: skip
        assert server.said.count(f"{fault}\n") == 1
        assert remainder(server, 7, 4) == (404, {"error": f"Servable not found for request: Latest(bad); {fault}"})
        (status,) = server.get("/v1/models/bad").json()["model_version_status"]
        assert (status["state"], status["status"]["error_message"]) == ("END", fault)
        for path in "/v2/models/bad", "/v2/models/bad/ready":
            response = server.get(path)
            text = f'model "bad" has no version that can be loaded; {fault}'
            assert (response.status_code, response.json()) == (404, {"error": text})
        assert not ready(server)

        place(models, "bad", 1_001_000, fixture("remainder"))
        until(lambda: ready(server), "the new version")
        assert remainder(server, 7, 4) == (200, {"outputs": [3]})
        assert remainder(server, LEAST, -1)[0] == 500
        assert remainder(server, 7, 4) == (200, {"outputs": [3]})
        assert wrong == []
    assert "Traceback" not in server.said


@traps
def test_a_version_that_crashes_when_it_is_loaded_is_tried_once(root, models):
    with serving(root) as server, hammered(server) as wrong:
        place(models, "digits", 1_001_000, fixture("trap"))
        text = (
            "digits/1001000: can't be loaded: it ended the process that runs models by SIGFPE; deploy another version"
        )
        until(lambda: f"{text}; still serving 1000000\n" in server.said, "a line about it")
        assert factor(server) == 2.0
        newest, _ = server.get("/v1/models/digits").json()["model_version_status"]
        assert (newest["version"], newest["status"]["error_message"]) == ("1001000", text)
        place(models, "digits", 1_002_000, fixture("triple"))
        until(lambda: factor(server) == 3.0, "the newest version")
        assert server.said.count("it is started again") == 1
        assert wrong == []


@seen
def test_who_was_there_when_the_process_was_killed_is_asked_again_alone_and_is_to_blame_if_it_was_alone(root, models):
    place(models, "spin", 1_000_000, fixture("spin"))
    with serving(root) as server, ThreadPoolExecutor(2) as threads:
        ask = lambda size: server.post("/v1/models/spin:predict", {"instances": [0.5] * size})  # noqa: E731
        asked = [threads.submit(ask, 33) for _ in range(2)]
        until(lambda: busy(runner(server)) == 2, "models that run")
        os.kill(runner(server), signal.SIGKILL)
        assert [one.result().status_code for one in asked] == [200, 200]

        before = sum(taken(runner(server)))
        alone = threads.submit(ask, 200)
        until(lambda: sum(taken(runner(server))) > before + 20, "a model that runs")
        os.kill(runner(server), signal.SIGKILL)
        text = "model spin version 1000000 failed: it ended its process by SIGKILL"
        assert (alone.result().status_code, alone.result().json()) == (500, {"error": text})
        assert factor(server) == 2.0
    assert "Traceback" not in server.said


@seen
def test_what_runs_models_goes_with_the_server_that_is_killed(root, models):
    place(models, "spin", 1_000_000, fixture("spin"))
    with serving(root) as server, ThreadPoolExecutor(1) as threads:
        assert server.post("/v1/models/digits:predict", {"instances": [ROW] * 20_000}).status_code == 200
        threads.submit(server.post, "/v1/models/spin:predict", {"instances": [0.5] * 200})
        until(lambda: busy(runner(server)) >= 1, "a model that runs")
        pids = below(server)
        assert len(pids) == 2
        server.process.kill()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "the end of all")
