"""Code that a model takes from outside its folder is refused, in any of its files and wherever in them it stands."""

from pathlib import Path

import pytest
from mistakes import said, write
from registries import commit, git

from registry.checks import consistency
from registry.specs import models

HERE = "models/digits/helper.py"
OUTSIDE = "from outside the model's folder, where no fingerprint covers it; put what it needs of"
LOOKS = "and no fingerprint covers what it finds elsewhere; put that into the model's folder, where imports find it"
TAKES = {
    "import registry.files": "registry.files",
    "import numpy, registry as r": "registry",
    "from registry.scoring.evaluation import score": "registry.scoring.evaluation",
    "def f():\n    from registry import files": "registry",
    "class A:\n    if 1:\n        import judge": "judge",
    "import build": "build",
    "from publish import main": "publish",
    "from models.spam import model": "models.spam",
    "import models.spam.model": "models.spam.model",
    "import scripts.build": "scripts.build",
    "import importlib\nimportlib.import_module('registry.git')": "registry.git",
    "from importlib import import_module as i, import_module\nimport_module('validate')": "validate",
    "__import__('registry')": "registry",
    "try:\n    pass\nexcept E:\n    import registry": "registry",
    "match 1:\n    case 1:\n        with a:\n            import registry": "registry",
    "import sys\nsys.modules['registry.scoring.evaluation'].score = max": "registry.scoring.evaluation",
    "import runpy\nrunpy.run_module('models.spam.model')": "models.spam.model",
}
PATHS = {
    "import sys\nsys.path.insert(0, '/tmp')": "sys.path",
    "import sys as s\n\ndef f():\n    s.path += ['/tmp']": "sys.path",
    "from sys import path\npath.append('x')": "sys.path",
    "import sys\nsys.meta_path.clear()": "sys.meta_path",
    "import site\nsite.addsitedir('/tmp')": "site.addsitedir",
    "import \u017fys as s\ns.path.append('/tmp')": "sys.path",  # Python reads a long s as an s
}


def line(source: str) -> int:
    """Return the last line of a source, which is the one that is wrong, but where a module is imported first."""
    return len(source.splitlines())


@pytest.mark.parametrize("source", TAKES)
def test_what_is_imported_from_outside_is_refused(root: Path, source: str) -> None:
    write(root, HERE, source)
    name = TAKES[source]
    top = name.split(".")[0]
    assert said(root) == [f"{HERE}:{line(source)}: takes {name} {OUTSIDE} {top} into a file beside this one"]


@pytest.mark.parametrize("source", PATHS)
def test_other_places_to_import_from_are_refused(root: Path, source: str) -> None:
    write(root, HERE, source)
    at = 1 if source.startswith("from sys") else line(source)
    assert said(root) == [f"{HERE}:{at}: changes where Python looks for code ({PATHS[source]}), {LOOKS}"]


@pytest.mark.parametrize("file", ["model.py", "data.py", "layers/more.py", ".hidden.py", "tests/test_layers.py"])
def test_each_file_of_code_is_read(root: Path, file: str) -> None:
    path = root / "models/digits" / file
    old = path.read_text("utf-8") if path.exists() else ""
    write(root, f"models/digits/{file}", f"{old}\nimport registry\n")
    (problem,) = said(root)
    assert problem.startswith(f"models/digits/{file}:") and f"takes registry {OUTSIDE}" in problem


def test_what_is_none_of_ours_is_imported_as_ever(root: Path) -> None:
    write(
        root,
        HERE,
        "import keras.models, os.path, sys\nfrom keras import models\nfrom . import a\nsys.modules[__name__]\n",
    )
    write(root, "models/digits/path.py", "from models import Net\nimport build.more\nprint('import registry')\n")
    write(root, "models/digits/models.py", "Net = 1\n")
    write(root, "models/digits/build/more.py", "x = 'sys.path'\n")
    write(root, "models/digits/notes.md", "import registry\n")
    write(root, "models/digits/broken.py", "import registry as (\n")  # which Python can't import
    consistency.validate(root, [])


def test_a_file_called_registry_would_not_be_found(root: Path) -> None:
    write(root, "models/digits/registry.py", "x = 1\n")
    write(root, HERE, "import registry\n")
    assert said(root)[0].startswith(f"{HERE}:1: takes registry from outside")


def test_code_in_another_encoding_is_read_as_python_reads_it(root: Path) -> None:
    for raw in b"# coding: latin-1\n# \xe9\nimport registry\n", b"# coding: utf-7\n\n+AGk-mport registry\n":
        (root / HERE).write_bytes(raw)
        assert said(root)[0].startswith(f"{HERE}:3: takes registry ")


def test_code_in_git_lfs_can_not_be_read_and_is_refused(root: Path) -> None:
    (root / ".gitattributes").write_text("helper.py filter=lfs\n")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    write(root, HERE, pointer)
    git(root, "-c", "filter.lfs.clean=cat", "add", "--all")
    (problem,) = said(root)
    assert problem.startswith(f"{HERE}: is a Git LFS pointer, and checks read this file from Git; ")


def test_what_was_released_is_not_read_again(root: Path) -> None:
    write(root, HERE, "import registry\n")
    commit(root)
    proven = models.recipes_at(root, {"digits": "HEAD"})["digits"].fingerprint
    found, problems = models.load_some(root, [], {proven})
    assert ([*found], problems) == (["digits"], [])
