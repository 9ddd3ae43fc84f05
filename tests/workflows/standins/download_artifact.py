"""Unpack artifacts of this run, as actions/download-artifact does."""

import json
import os
import zipfile
from fnmatch import fnmatch
from pathlib import Path

INPUTS = json.loads(os.environ["INPUTS"])


def main() -> None:
    kept = sorted(Path(os.environ["ENGINE_ARTIFACTS"]).glob("*.zip"))
    numbers = INPUTS["artifact-ids"].split(",")
    found = [one for one in kept if fnmatch(one.stem, INPUTS["pattern"])]
    found = found or [
        one for one in kept if one.with_suffix(".id").read_text() in numbers or one.stem == INPUTS["name"]
    ]
    assert found or INPUTS["pattern"], f"there is no artifact {INPUTS}"
    together = INPUTS["merge-multiple"] == "true" or len(found) == 1  # one alone gets no folder, however it is named
    for one in found:
        zipfile.ZipFile(one).extractall(Path(INPUTS["path"]) if together else Path(INPUTS["path"], one.stem))
    print(f"{len(found)} artifacts")


main()
