"""What became of a model's checks.py, by the journal that their process writes as it goes.

So one that hangs, is killed or leaves early is told by the name of the check that did it.
"""

import json
import os
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from registry import console
from registry.artifacts.archive import Artifact
from registry.errors import RegistryError
from registry.specs import faults
from registry.workers import quota
from registry.workers.processes import Workers

FILE = faults.CHECKS
KIND = "checks"
PASSED, FAILED, ERROR, SKIPPED, TIMED_OUT = "passed", "failed", "error", "skipped", "timed out"
BAD = (FAILED, ERROR, TIMED_OUT)
NONE = 5  # pytest's exit code where there is no test
FIELDS = dict.fromkeys(("check", "name", "began", "outcome", "reason", "fault"), str) | {
    "found": list,
    "line": int,
    "code": int,
}
EVENTS = [{"found"}, {"began"}, {"check", "outcome", "line", "reason"}, {"fault", "line"}, {"code"}]


def tried(
    workers: Workers, place: str, folder: Path, tar: Path, artifact: Artifact, output: str | None = None
) -> list[dict]:
    """Try the checks that lie in a folder on a packed model; return each with its outcome and the reason.

    `output` names what `predict` gives of a model with several outputs, which are a mapping of all where it is None.
    What keeps one from being tried is no pass of it, and what keeps all of them is told as an error of the file.
    """
    journal = workers.logs / f"{KIND}.jsonl"
    job = {"folder": str(folder), "place": place, "tar": str(tar), "artifact": asdict(artifact), "name": output}
    journal.unlink(missing_ok=True)
    ended, start = None, time.monotonic()
    try:
        answer = workers.run(KIND, KIND, job | {"journal": str(journal)})
        if not answer["offline"]:
            console.say(f"  {FILE} may use the network here; Linux alone can keep it off")
    except RegistryError as error:  # of its process: what was tried till then counts, and the rest is no pass
        ended = error.problems[0].text
    is_late = time.monotonic() - start > quota.CHECKS * 3600
    found = outcomes(_events(journal), ended, TIMED_OUT if is_late else ERROR)
    console.say(_told(found, os.path.relpath(workers.log(KIND))))
    return found


def _told(found: list[dict], log: str) -> str:
    counted = Counter(one["outcome"] for one in found)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in counted.items())
    return f"  {FILE}: {counts}{f'; {log}' if counted.keys() & {*BAD} else ''}"


def _events(journal: Path) -> list[dict]:
    """Return what a journal holds; a last line may be cut short, and a check may have written there, too."""
    lines = journal.read_text("utf-8", "replace").split("\n")[:-1] if journal.exists() else []
    events = [event for event in map(_event, lines) if event]
    if len(events) == len(lines):
        return events
    text = "writes into the journal that its process keeps, so that nothing is known of its checks"
    return [*events, {"fault": f"{text}; write files elsewhere", "line": 0}]


def _event(line: str) -> dict | None:
    """Return what a line says, or None where it is not one of those that a process writes."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    is_whole = _is(event, *EVENTS) and all(_is(one, {"check", "name", "line"}) for one in event.get("found", []))
    return event if is_whole and event.get("outcome", PASSED) in (PASSED, SKIPPED, *BAD) else None


def _is(event: object, *kinds: set[str]) -> bool:
    if not isinstance(event, dict) or event.keys() not in kinds:
        return False
    return all(type(one) is FIELDS[name] for name, one in event.items())


def outcomes(events: list[dict], ended: str | None, cut: str) -> list[dict]:
    """Return what became of each check, by the journal of their process; `cut` is the outcome of one that never came back.

    `ended` is how the process ended where it did not answer. Whatever leaves a check untried is an error.
    """
    known = {one["check"]: one for event in events for one in event.get("found", [])}
    done = {event["check"]: event for event in events if "outcome" in event}
    begun = {event["began"] for event in events if "began" in event}
    codes = [event["code"] for event in events if "code" in event]
    told = [event for event in events if "fault" in event]
    how = ended or f"pytest ended with exit code {codes[0] if codes else 'unknown'}"
    found = [_entry(FILE, ERROR, one["line"], one["fault"]) for one in told]
    for check, one in known.items():
        place = one["name"], done.get(check, {}).get("outcome") or (cut if check in begun else ERROR)
        if check in done:
            found.append(_entry(*place, done[check]["line"], done[check]["reason"]))
        else:
            found.append(_entry(*place, one["line"], how if check in begun else f"was not tried, since {how}"))
    why = _nothing({one["outcome"] for one in found}, len(known), ended, codes)
    return [*found, _entry(FILE, ERROR, 0, why)] if why else found


def _nothing(outcome: set[str], count: int, ended: str | None, codes: list[int]) -> str | None:
    """Say why checks of which none failed tell nothing all the same, or None."""
    if outcome & {*BAD}:
        return None
    if ended or not codes:
        return ended or "pytest did not end"
    if codes[0] not in (0, NONE):
        return f"pytest ended with exit code {codes[0]}"
    if not count:
        return "has no check; write one, such as `def test_blank_is_no_seven(predict):`, or take the file away"
    if outcome == {SKIPPED}:
        return f"skips all of its checks ({count}), so that nothing is checked; let one of them run"
    return None


def _entry(name: str, outcome: str, line: int, reason: str) -> dict:
    return {"name": name, "outcome": outcome, "line": line, "reason": reason}
