"""What GitLab itself says of the pipeline that a page shows for it."""

import re
import subprocess
import sys
from pathlib import Path

from parsed import ROOT


def test_the_pipeline_for_gitlab_keeps_its_schema(tmp_path: Path) -> None:
    page = (ROOT / "environments/README.md").read_text("utf-8")
    (shown,) = re.findall(r"^```yaml\n(# \.gitlab-ci\.yml\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / ".gitlab-ci.yml").write_text(shown)
    kept = "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"
    command = [Path(sys.executable).with_name("check-jsonschema"), *kept, tmp_path / ".gitlab-ci.yml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
