"""Whatever a model's code imports draws by the seed, however late that is, and nothing is imported for its sake."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
LIBRARY = """\
SAID = []
manual_seed = lambda seed: SAID.append(f"seed {seed}")
set_num_threads = lambda count: SAID.append(f"{count} thread")
"""
CODE = """\
import random, sys
import numpy
from registry.exports import seeding
{early}
seeding.fix_threads()
seeding.settle(7)
import torch
seeding.sow(8)
print(torch.SAID, random.random() == random.Random(8).random(), numpy.random.rand() == numpy.random.RandomState(8).rand())
assert not {{"tensorflow", "keras"}} & sys.modules.keys()
import json.tool, torch
"""


@pytest.mark.parametrize("early", ["", "import torch"], ids=["later", "before"])
def test_a_library_is_seeded_when_it_is_imported_and_again_before_training(tmp_path: Path, early: str) -> None:
    """In the place of one that takes a gigabyte stands a file of its name."""
    (tmp_path / "torch.py").write_text(LIBRARY)
    (tmp_path / "tried.py").write_text(CODE.format(early=early))
    command = [sys.executable, tmp_path / "tried.py"]
    done = subprocess.run(command, env={"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True)
    assert done.stdout == "['1 thread', 'seed 7', 'seed 8'] True True\n", done.stderr


def test_what_is_not_there_is_not_there(tmp_path: Path) -> None:
    code = "from registry.exports import seeding; seeding.settle(7)\ntry: import torch\nexcept ModuleNotFoundError as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n{code}"],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "No module named 'torch'\n", done.stderr
