"""Versions unpacked in the folder of their model, `<model>/<number>/`, and the record beside them of what answers."""

import json
import math
import os
import stat
from dataclasses import asdict, replace
from pathlib import Path

from registry import files, versions
from registry.artifacts import archive
from registry.environments import placement
from registry.environments.reconcile import Running, Trial
from registry.errors import RegistryError

RECORD = "deployed.json"
ROLLOUT = "rollout.json"  # which version `serve` takes for the settled one, and which is tried beside it


def observe(folder: Path) -> Running:
    """Return what a model's folder holds. A trial counts once its version is there: before, it has not begun."""
    found = recorded(folder)
    if found is None:
        return Running("unknown", "", False)
    trial, present = found.trial, folders(folder)
    if trial and place(folder, trial) not in present:
        found = replace(found, trial=None, healthy=True)
    wanted = answering(folder, found)
    is_sound = present == sorted(wanted) and _rollout(folder) == _wanted_rollout(found)
    is_sound = is_sound and found.healthy
    return replace(found, healthy=is_sound and all(is_intact(one, sha256) for one, sha256 in wanted.items()))


def recorded(folder: Path) -> Running | None:
    """Return what a model's record says, healthy where its trial was proven; None where there is no sound record."""
    try:
        facts = json.loads((folder / RECORD).read_bytes())
        trial = _trial(facts["trial"]) if "trial" in facts else None
        found = Running(facts["version"], facts["sha256"], facts.get("proven", True) is True, trial)
        answering(folder, found)
        return found if isinstance(found.sha256, str) else None
    except (FileNotFoundError, IsADirectoryError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _trial(facts: dict) -> Trial:
    """Return a trial out of a record; raise ValueError or TypeError where nobody can have written it."""
    trial = Trial(**facts)
    if not (isinstance(trial.sha256, str) and trial.version and 0 <= trial.share <= 1 and math.isfinite(trial.since)):
        raise ValueError(f"no trial: {trial}")
    return trial


def record(folder: Path, running: Running) -> None:
    """Write the record of a model in one step: what is healthy in it was proven."""
    file, trial = folder / RECORD, running.trial
    facts = {"version": running.version, "sha256": running.sha256}
    facts |= {"trial": asdict(trial), "proven": running.healthy} if trial else {}
    if file.is_dir():
        files.remove(file)
    files.write(file, json.dumps(facts))


def let_answer(folder: Path, settled: str, tried: str = "", share: float = 0) -> None:
    """Tell `serve` which version answers, whatever its number, and which is tried on a share of the requests."""
    told = _told(settled, tried, share) if settled else None
    if told and _rollout(folder) != told:
        files.write(folder / ROLLOUT, json.dumps(told))


def _told(settled: str, tried: str, share: float) -> dict:
    beside = {"trial": versions.to_integer(tried), "share": share, "shadow": share == 0} if tried else {}
    return {"stable": versions.to_integer(settled)} | beside


def _rollout(folder: Path) -> dict | None:
    """Return what `serve` is told, None where it is told nothing, {} where it can make nothing of it."""
    try:
        told = json.loads((folder / ROLLOUT).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _wanted_rollout(running: Running) -> dict | None:
    trial = running.trial
    return _told(running.version, trial.version, trial.share) if trial and trial.share < 1 else None


def is_switching(folder: Path, running: Running) -> bool:
    """Say whether a deploy was killed that let another version answer: `serve` is told so still, for no trial."""
    told = _rollout(folder)
    numbers = [versions.to_integer(one.version) for one in (running, running.trial) if one and one.version]
    return bool(told) and told != _wanted_rollout(running) and told.get("stable") in numbers


def place(folder: Path, one: Running | Trial) -> Path:
    """Return where a version of a model lies that answers."""
    return folder / str(versions.to_integer(one.version)) if one.version else folder


def answering(folder: Path, running: Running) -> dict[Path, str]:
    """Return the folders of the versions that answer requests, each with the digest of its artifact."""
    trial = running.trial
    found = {place(folder, trial): trial.sha256} if trial else {}
    return found if trial and trial.share == 1 else found | {place(folder, running): running.sha256}


def is_intact(folder: Path, sha256: str) -> bool:
    """Say whether a version's files are those of its artifact and no others.

    Every file is read: what a record says of files is worth no more than who wrote it.
    """
    deployer = folder.parents[1].stat().st_uid
    try:
        is_plain = _is_own(folder.parent.stat(), deployer) and _is_plain(folder, deployer)
        return is_plain and archive.digest(folder) == sha256
    except (OSError, RegistryError):  # a file that is gone or can't be read, a name that no artifact has
        return False


def _is_plain(folder: Path, deployer: int) -> bool:
    """Say whether a folder holds files and folders of files only, all of them the deployer's own: no link, no pipe."""
    for path, folders, names in os.walk(folder):
        states = [os.lstat(os.path.join(path, name)) for name in (*folders, *names, ".")]
        if not states[1:] or not all(_is_own(one, deployer) for one in states):
            return False
    return not folder.is_symlink()


def _is_own(state: os.stat_result, deployer: int) -> bool:
    is_usual = stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)
    return is_usual and state.st_uid == deployer and not state.st_mode & placement.OTHERS


def folders(model: Path) -> list[Path]:
    """Return the folders of versions in a model's folder, sorted by name."""
    return sorted(one for one in model.iterdir() if one.name.isdecimal() and one.is_dir())
