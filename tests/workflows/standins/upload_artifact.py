"""Keep a file or folder as a zip beside the run, as actions/upload-artifact does at GitHub."""

import json
import os
import re
import sys
import zipfile
from pathlib import Path

INPUTS = json.loads(os.environ["INPUTS"])


def main() -> None:
    name, path = INPUTS["name"], Path(INPUTS["path"])
    assert not re.search(r'[":<>|*?\r\n\\/]', name), f"{name} is no name for an artifact"
    assert not re.search(r"[*?\n!]", INPUTS["path"]), "the stand-in takes one file or folder"
    root = path if path.is_dir() else path.parent
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    files = [one for one in files if not any(part.startswith(".") for part in one.relative_to(root).parts)]
    if not files:
        print(f"no files were found at {path}")
        sys.exit(INPUTS["if-no-files-found"] == "error")
    target = Path(os.environ["ENGINE_ARTIFACTS"], f"{name}.zip")
    assert INPUTS["overwrite"] == "true" or not target.exists(), f"an artifact {name} exists already"
    level = int(INPUTS["compression-level"])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED) as archive:
        for one in files:
            archive.write(one, one.relative_to(root))
    print(f"{name}: {len(files)} files")


main()
