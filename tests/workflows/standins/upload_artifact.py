"""Keep files as a zip beside the run, as actions/upload-artifact does at GitHub, under a number that no other has."""

import hashlib
import json
import os
import re
import sys
import zipfile
from itertools import count
from pathlib import Path

INPUTS = json.loads(os.environ["INPUTS"])
KEPT = Path(os.environ["ENGINE_ARTIFACTS"])


def main() -> None:
    name, path = INPUTS["name"], INPUTS["path"]
    assert not re.search(r'[":<>|*?\r\n\\/]', name), f"{name} is no name for an artifact"
    assert not re.search(r"[?\n!]", path), "the stand-in takes one path"
    root, files = found(path)
    if not files:
        print(f"no files were found at {path}")
        sys.exit(INPUTS["if-no-files-found"] == "error")
    target = KEPT / f"{name}.zip"
    assert INPUTS["overwrite"] == "true" or not target.exists(), f"an artifact {name} exists already"
    level = int(INPUTS["compression-level"])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED) as archive:
        for one in files:
            archive.write(one, one.relative_to(root))
    told = {"artifact-id": numbered(name), "artifact-digest": hashlib.sha256(target.read_bytes()).hexdigest()}
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
        outputs.writelines(f"{key}={value}\n" for key, value in told.items())
    print(f"{name}: {len(files)} files")


def found(path: str) -> tuple[Path, list[Path]]:
    """Return the files of a path or pattern, and the folder that their names begin below: the first star's."""
    before, star, _ = path.partition("*")
    place = Path(before.rpartition("/")[0] if star else path)
    root = place if star or place.is_dir() else place.parent
    files = sorted(Path().glob(path)) if star else [place] if place.is_file() else sorted(place.rglob("*"))
    files = [one for one in files if one.is_file()]
    if INPUTS["include-hidden-files"] == "true":
        return root, files
    return root, [one for one in files if not any(map(_is_hidden, (root.name, *one.relative_to(root).parts)))]


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def numbered(name: str) -> int:
    """Return a number of this artifact's own: jobs run side by side."""
    for number in count(int(os.environ["ENGINE_FIRST_ID"])):
        try:
            (KEPT / f"{number}.number").open("x").close()
        except FileExistsError:
            continue
        (KEPT / f"{name}.id").write_text(str(number))
        return number


main()
