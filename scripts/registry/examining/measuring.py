"""A team's own metrics: functions of a model's metrics.py, each called in a process of its own, off the network.

They are given what a model answers and what is true of the rows, and return one number a row, of which the mean is the
metric, or one number, which is computed again for each resample.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from registry.artifacts import arrays
from registry.errors import Problem, RegistryError, refuse
from registry.exports.modelcode import ModelCode
from registry.scoring import resampling
from registry.scoring.resampling import Draw, Sample, Units
from registry.specs import faults
from registry.tasks.given import Given
from registry.workers import quota, variables

KIND = "metrics"
GIVEN, COLUMNS, PLACES = "given.npz", "columns/", ("members", "lots")
SHAPE = "return one number, or a NumPy array with one number a row"


@dataclass(frozen=True)
class Team:
    """The metrics of a team: the folder that holds their metrics.py, the model's place, and which way each is better.

    `may_lack` says that a metric may have no value, as a correlation with what is always the same: NaN, or an exception.
    """

    folder: str
    place: str
    better: Mapping[str, Mapping]
    may_lack: bool = False

    @property
    def of_baseline(self) -> "Team":
        """The same for answers that take no model."""
        return replace(self, may_lack=True)

    def measure(self, given: Given, those: Units) -> dict[str, np.ndarray | Sample]:
        """Return each metric's number of every row, or the metric itself, resampled; raise RegistryError for what fails."""
        places = dict(zip(PLACES, (those.members, those.lots), strict=True))
        told = self._told(given, places, {"known": those.draw.lots, "may_lack": self.may_lack})
        return {
            name: _sample(name, found) if isinstance(found, dict) else np.array(found, float)
            for name, found in told.items()
        }

    def values(self, given: Given) -> dict[str, float | None]:
        """Return each metric of all rows together, None where it is no number; raise RegistryError for what fails."""
        told = self._told(given, {}, {})
        return {name: value if math.isfinite(value) else None for name, value in told.items()}

    def _told(self, given: Given, more: Mapping[str, np.ndarray], asked: Mapping) -> dict:
        with tempfile.TemporaryDirectory() as scratch:
            named = {f"{COLUMNS}{name}": part for name, part in given.columns.items()}
            named |= {"outputs": given.outputs, "labels": given.labels} | more
            np.savez(Path(scratch, GIVEN), allow_pickle=False, **arrays.plain(named))
            job = {"folder": self.folder, "place": self.place, "names": [*self.better]}
            return self._run(Path(scratch), job | {"given": str(Path(scratch, GIVEN))} | asked)

    def _run(self, scratch: Path, job: dict) -> dict:
        """Give a job to a new process, which ends with it; whatever it prints is its own business."""
        answer = scratch / "answer.json"
        command = [sys.executable, "-P", "-s", "-m", "registry.learning.kinds", KIND]
        environment = variables.of_worker(scratch / "own")
        with subprocess.Popen(
            command, env=environment, text=True, process_group=0, cwd=scratch / "own", stdin=subprocess.PIPE
        ) as process:
            process.stdin.write(json.dumps(job | {"answer": str(answer)}) + "\n")
            process.stdin.flush()
            over = quota.overrun(process, quota.CHECKS)
            quota.end(process)
        file = f"{self.place}/{faults.METRICS}"
        if over:
            raise refuse(file, f"its process {over}")
        if not answer.exists():
            raise refuse(file, f"its process ended with exit code {process.returncode}, and without an answer")
        content = json.loads(answer.read_text("utf-8"))
        if "problems" in content:
            raise RegistryError(*(Problem(**problem) for problem in content["problems"]))
        return content["result"]


def _sample(name: str, found: dict) -> Sample:
    values, resampled, left_out = (np.array([found[part]], float) for part in ("value", "resampled", "left_out"))
    return Sample([name], values, resampled, left_out, np.abs(values))


def measured(job: Mapping) -> dict:
    """Call each function of a metrics.py; return by its name one number a row, or one number and what became of it.

    Where no resamples are asked for it is one number, that of all rows together.
    """
    code = ModelCode(Path(job["folder"]), job["place"], faults.METRICS)
    with np.load(job["given"], allow_pickle=False) as file:
        found = arrays.whole(file)
    for part in found.values():
        part.flags.writeable = False
    columns = {name.removeprefix(COLUMNS): part for name, part in found.items() if name.startswith(COLUMNS)}
    given = Given(found["outputs"], found["labels"], columns)
    if "known" not in job:
        return {name: float(_called(code, name, given).mean()) for name in job["names"]}
    those = Units(*(found[name] for name in PLACES), Draw(job["known"]))
    return {name: _measured(code, name, given, those, may_lack=job["may_lack"]) for name in job["names"]}


def _measured(code: ModelCode, name: str, given: Given, those: Units, *, may_lack: bool) -> list | dict:
    try:
        return _resampled(code, name, given, those)
    except RegistryError as error:
        if not may_lack:
            raise
        print(f"answers that take no model have no value: {error}", flush=True)
        return {"value": math.nan, "resampled": [], "left_out": []}


def _resampled(code: ModelCode, name: str, given: Given, those: Units) -> list | dict:
    whole = _called(code, name, given)
    if whole.ndim:
        if bad := int((~np.isfinite(whole)).sum()):
            raise code.fault(name, f"returned NaN or infinity for {bad:,} of {len(whole):,} rows; {SHAPE}")
        return whole.astype(float).tolist()
    if not np.isfinite(whole):
        raise code.fault(name, f"returned {float(whole)}; {SHAPE}")

    def again(rows: np.ndarray) -> float:
        return float(_called(code, name, given.few(rows), kind=0))

    found = resampling.called(name, again, those)
    return {"value": float(whole), "resampled": found.resampled[0].tolist(), "left_out": found.left_out[0].tolist()}


def _called(code: ModelCode, name: str, given: Given, kind: int | None = None) -> np.ndarray:
    """Return what a function returns for some rows; raise RegistryError, at its line, for what is no number."""
    returned = code.call(name, given.outputs, given.labels, given.columns)
    found = np.asarray(returned) if isinstance(returned, np.ndarray | np.generic | int | float) else None
    if found is None or found.dtype.kind not in arrays.NUMBERS:
        raise code.fault(name, f"returned {arrays.named(returned)}; {SHAPE}")
    if found.shape not in ((), (len(given.labels),)) or (kind is not None and found.ndim != kind):
        raise code.fault(name, f"returned an array of shape {found.shape} for {len(given.labels):,} rows; {SHAPE}")
    return found
