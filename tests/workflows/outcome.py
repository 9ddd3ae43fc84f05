"""What came of a run of a workflow, made from what act said."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

COLOUR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass
class Job:
    """A job as it went; one of a matrix has its values."""

    name: str
    matrix: dict
    result: str = "failure"
    failed: bool = False
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    annotations: list[dict] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Return its name; `build (digits)`, after the first value, where it is one of a matrix."""
        return f"{self.name} ({next(iter(self.matrix.values()))})" if self.matrix else self.name

    def hear(self, said: dict) -> None:
        """Take in a line that act said of this job."""
        self.failed |= said.get("stepResult") == "failure"
        if "jobResult" in said:
            alone = "failure" if self.failed else "success"  # act has one result for a whole matrix
            self.result = alone if self.matrix else said["jobResult"]
        if said.get("raw_output") or said["level"] == "error":
            self.log += COLOUR.sub("", said["msg"])
        match said.get("command"):
            case "set-output":
                self.outputs[said["name"]] = said["arg"]
            case "summary":
                self.summary += said["content"]
            case "error" | "warning" | "notice":
                self.annotations.append({"level": said["command"], "text": said["arg"]} | said["kvPairs"])


@dataclass
class Run:
    """A run: its jobs, its artifacts as zips by name, and what the hub keeps of it."""

    jobs: list[Job]
    artifacts: dict[str, Path]
    facts: dict

    @property
    def conclusion(self) -> str:
        return "failure" if any(job.result == "failure" for job in self.jobs) else "success"

    @property
    def results(self) -> dict[str, str]:
        """Return how each job ended, by its title; a job that was skipped has no matrix."""
        return {job.title: job.result for job in self.jobs}

    @property
    def log(self) -> str:
        """Return all that the jobs printed."""
        return "".join(job.log for job in self.jobs)

    def job(self, name: str, **matrix: str) -> Job:
        """Return the one job of this name and these values of its matrix."""
        (found,) = [one for one in self.jobs if one.name == name and matrix.items() <= one.matrix.items()]
        return found


def heard(said: list[dict], names: list[str]) -> list[Job]:
    """Return the jobs that act spoke of, and of those named the ones that it did not: they were skipped."""
    jobs: dict[str, Job] = {}
    for one in said:
        if "jobID" in one:
            key = json.dumps([one["jobID"], one["matrix"]])
            jobs.setdefault(key, Job(one["jobID"], one["matrix"])).hear(one)
    ran = {job.name for job in jobs.values()}
    return [*jobs.values(), *(Job(name, {}, "skipped") for name in names if name not in ran)]
