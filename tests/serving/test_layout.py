"""What counts as another version in `serve`'s directory: it is loaded anew, one that failed as well."""

import os
from pathlib import Path

import pytest

from registry.serving import layout

TENSORFLOW = ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001", "assets/words"]


def write(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"content")
    return folder


def identity(root: Path) -> layout.Identity:
    return layout.scan(root)["digits"].versions[1]


@pytest.mark.parametrize("order", [TENSORFLOW, TENSORFLOW[::-1], [*TENSORFLOW, "assets.extra/model.tflite"]])
def test_a_version_that_is_copied_file_by_file_changes_with_each_of_them(tmp_path, order):
    seen = set()
    for count in range(len(order)):
        folder = write(tmp_path / "digits/1", order[count : count + 1])
        seen.add(identity(tmp_path))
        with (folder / order[count]).open("ab") as file:
            file.write(b"more")
        seen.add(identity(tmp_path))
        assert identity(tmp_path) == identity(tmp_path)
    assert len(seen) == 2 * len(order)


def test_a_version_that_is_replaced_changes(tmp_path):
    folder = write(tmp_path / "digits/1", TENSORFLOW)
    before = identity(tmp_path)
    folder.rename(tmp_path / ".gone")
    write(tmp_path / "digits/1", TENSORFLOW)
    assert identity(tmp_path) != before


def test_a_file_that_is_replaced_by_one_as_large_changes_a_version(tmp_path):
    folder = write(tmp_path / "digits/1", TENSORFLOW)
    before = identity(tmp_path)
    (folder / "new").write_bytes(b"another")
    os.replace(folder / "new", folder / "variables/variables.index")
    assert identity(tmp_path) != before
