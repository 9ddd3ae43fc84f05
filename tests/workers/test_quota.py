"""What takes too much of the machine is ended before the machine ends it, and told."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from registry.workers import quota

WORK = "import os, sys, time; os.fork(); x = bytearray(60_000_000); print(flush=True); time.sleep(60)"


@pytest.fixture
def process() -> Iterator[subprocess.Popen]:
    """A process that holds 60 MB, and so does its child."""
    with subprocess.Popen([sys.executable, "-c", WORK], process_group=0, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.read(2) == b"\n\n"
            yield process
        finally:
            quota.end(process)


def test_one_that_takes_too_long_is_told(process: subprocess.Popen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "PERIOD", 0.01)
    assert quota.overrun(process, 1e-9) == "took more than 6e-08 minutes"


def test_one_that_has_more_time_than_its_job_is_ended_with_that(
    process: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "PERIOD", 0.01)
    monkeypatch.setattr(quota, "HOURS", 0)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert quota.overrun(process, 1) == "was not done when the 0 hours of this job were over"


def test_what_a_group_takes_of_the_memory_is_counted_together(
    process: subprocess.Popen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "PERIOD", 0.01)
    monkeypatch.setattr(quota, "SHARE", 100e6 / quota.all_memory())
    said = quota.overrun(process)
    assert said.endswith(" GB of memory, and 0.1 GB is the most that it may take here"), said


def test_one_that_ends_in_time_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "PERIOD", 0.01)
    with subprocess.Popen([sys.executable, "-c", "pass"], process_group=0) as process:
        assert quota.overrun(process) is None
