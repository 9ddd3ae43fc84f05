"""What LiteRT tells of itself is no news for people; what anybody else says on stderr still arrives."""

import subprocess
import sys

from servers import FIXTURES, ROOT

CODE = """
import os, sys
from pathlib import Path
from registry.artifacts import litert

inner = litert.Model._interpreter
litert.Model._interpreter = lambda model: (os.write(2, b"from elsewhere\\n"), inner(model))[1]
for name in ("double", "triple"):
    litert.load(Path(sys.argv[1], f"{name}.tflite"))
"""


def test_loading_models_says_nothing_of_its_own() -> None:
    command = [sys.executable, "-c", CODE, str(FIXTURES)]
    done = subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "from elsewhere\n" * 2)
