"""A moment that a script left empty is no moment: no verb takes it for now."""

from pathlib import Path

import forks
import pasts
import pytest
from pasts import Past

from registry.chronicle import instant


@pytest.mark.parametrize("verb", ["status", "history", "catalogue"])
def test_an_empty_moment_is_refused(tmp_path: Path, verb: str) -> None:
    past = Past()
    past.commit(pasts.environments(), "begin")
    past.write(tmp_path / "root")
    assert forks.verb(tmp_path / "root", verb, "--at", "", code=1) == (
        f"--at:  is neither a commit here nor a time; {instant.HOW}\n1 problem\n"
    )
