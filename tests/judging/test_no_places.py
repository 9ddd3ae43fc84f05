"""What is told of a fault on somebody's machine has no path of it, and so no user's name."""

import os
import tempfile
from pathlib import Path

import pytest
import samples

from registry.errors import refuse, within
from registry.judging import reporting
from registry.releases import changes
from registry.specs import models

TOLD = {
    f"[Errno 2] No such file or directory: '{tempfile.gettempdir()}/tmpx7/digits-1.0.0.tar'":
        "[Errno 2] No such file or directory: 'digits-1.0.0.tar'",
    f"{os.path.expanduser('~')}/models/digits.tar: damaged": "digits.tar: damaged",
    f"{os.path.expanduser('~')}: permission denied": ": permission denied",
    "/home/jane/registry/scripts/worker.py:12 (/srv/x/y) failed": "worker.py:12 (y) failed",
    "could not read https://github.com/octo/models/releases": "could not read https://github.com/octo/models/releases",
    "3 of 4 and/or n/a at models/digits": "3 of 4 and/or n/a at models/digits",
}  # fmt: skip


@pytest.mark.parametrize("text", TOLD, ids=range(len(TOLD)))
def test_a_path_is_told_by_its_last_part(text: str) -> None:
    assert reporting.no_places(text) == TOLD[text]


def test_a_fault_of_what_was_unpacked_or_of_a_file_in_it_does_not_say_where() -> None:
    folder = Path("/home/jane/registry/candidates")
    faults = [refuse(str(folder), "can't be loaded"), refuse(f"{folder}/saved_model.pb", "is damaged")]
    assert [within(one, folder) for one in faults] == ["can't be loaded", "saved_model.pb: is damaged"]


def test_a_report_has_none_where_an_incumbent_can_not_be_run(root: Path) -> None:
    (model,) = models.load(root, ["digits"])
    reason = f"[Errno 2] No such file or directory: '{tempfile.gettempdir()}/tmpx7/digits-1.0.0.tar'"
    incumbent = {"version": "1.0.0", "metrics": None, "reason": reason, "inputs": None, "outputs": None}
    made = samples.report()
    trained = {name: made[name] for name in ("rows", "tools", "inputs", "outputs", "runtime")}
    assessed = {name: made[name] for name in ("metrics", "slices", "confusion")} | {"incumbent": incumbent}
    told = reporting.compose(root, changes.change(root, model, {}), model, trained, [], assessed)
    assert told["incumbent"]["reason"] == "[Errno 2] No such file or directory: 'digits-1.0.0.tar'"
