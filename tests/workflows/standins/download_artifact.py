"""Unpack artifacts of this run, as actions/download-artifact does."""

import json
import os
import zipfile
from fnmatch import fnmatch
from pathlib import Path

INPUTS = json.loads(os.environ["INPUTS"])


def main() -> None:
    kept = sorted(Path(os.environ["ENGINE_ARTIFACTS"]).glob("*.zip"))
    found = [one for one in kept if one.stem == INPUTS["name"] or fnmatch(one.stem, INPUTS["pattern"])]
    assert found or INPUTS["pattern"], f"there is no artifact {INPUTS['name']}"
    for one in found:
        alone = INPUTS["name"] or INPUTS["merge-multiple"] == "true"
        zipfile.ZipFile(one).extractall(Path(INPUTS["path"]) if alone else Path(INPUTS["path"], one.stem))
    print(f"{len(found)} artifacts")


main()
