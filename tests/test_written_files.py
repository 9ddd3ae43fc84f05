"""A file that can't be written is named itself, not what was to take its place."""

import os
from pathlib import Path

import pytest

from registry import console, files


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, reason in {
        tmp_path / "folder": "is a directory",
        Path("/proc/none"): "no such file or directory",
    }.items():
        with pytest.raises(OSError) as caught:
            files.write(path, "text")
        assert str(console.explain(caught.value)) == f"{path}: {reason}; mend that and run the same command again"
    assert os.listdir(tmp_path) == ["folder"]
