"""The examples that the template brings: valid, short, with a card, and gone with one command."""

import re
import shutil
import subprocess
from pathlib import Path

import brought
import demo
import handbook
import new
import pytest
import validate
from registries import commit, template
from saying import say
from servers import ROOT

from registry.specs import models

LONGEST = 60
CLEAN = re.compile(r"`(git rm -r models/\{\S+\})`")


@pytest.mark.parametrize("name", brought.names())
def test_an_example_is_short_and_says_whose_it_is_and_under_which_licence(name: str) -> None:
    (model,) = models.load(ROOT, [name])
    card = model.spec["card"]
    assert model.spec["owners"] and card["licence"] and {*card["data"]} == {"name", "description", "licence", "url"}
    assert "package" in model.spec["data"] and {*card} >= {"intended_use", "out_of_scope", "limits"}
    long = {path.name: count for path in model.folder.iterdir() if path.suffix in (".py", ".yaml")
            if (count := len(path.read_text("utf-8").splitlines())) > LONGEST}  # fmt: skip
    assert long == {}


@pytest.fixture
def together(tmp_path: Path) -> Path:
    """A repository with the examples that are here, and digits, which no team has changed there."""
    root = template(tmp_path / "root")
    for name in [one for one in brought.names() if one != new.KEPT]:
        brought.copy(name, root)
    commit(root)
    return root


def test_all_examples_but_one_go_with_the_command_that_pages_and_new_tell(together: Path) -> None:
    more = [name for name in brought.names() if name != new.KEPT]
    said = say(together, new, "petals")
    told = f"`git rm -r {' '.join(f'models/{name}' for name in more)}` takes away all of them but digits\n"
    assert (told in said) == bool(more)
    shutil.rmtree(together / "models/petals")
    shutil.copytree(together / "models/digits", together / "models/ours")
    commit(together)
    (command,) = {one for page in ("README.md", "models/README.md") for one in CLEAN.findall(handbook.read(page))}
    assert command == f"git rm -r models/{{{','.join(name for name in new.EXAMPLES if name != new.KEPT)}}}"
    subprocess.run(["bash", "-c", command.replace("rm -r", "rm -r --ignore-unmatch")], cwd=together, check=True)
    assert {path.name for path in (together / "models").iterdir()} - {"README.md"} == {"digits", "ours"}
    assert "2 models, 2 environments, 0 pins: all valid\n" in say(together, validate)
    assert "the template's examples" not in say(together, new, "petals")


def test_the_demo_takes_along_no_model_but_its_own_and_says_where_that_is_gone(together: Path, tmp_path: Path) -> None:
    made = demo.Demo(tmp_path / "copy")
    demo.copy(together, made)
    assert [path.name for path in (made.folder / "models").iterdir() if path.is_dir()] == ["digits"]
    shutil.rmtree(together / "models/digits")
    with pytest.raises(Exception, match="is gone, and is what the demo shows; run it in a clone of the template"):
        demo.copy(together, made)
