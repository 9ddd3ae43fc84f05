"""A lock that names NumPy for other machines only is told when its environment is made, as validate can't tell it."""

from pathlib import Path

import pytest
from registries import template

from registry.errors import RegistryError
from registry.learning import briefing
from registry.specs import models, requirements

PLACE = "models/digits"


def test_a_lock_that_brings_no_numpy_to_this_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"UV_OFFLINE": 1, "UV_CACHE_DIR": tmp_path / "uv", "XDG_CACHE_HOME": tmp_path / "cache"}.items():
        monkeypatch.setenv(name, str(value))
    root, wanted = template(tmp_path / "root"), "numpy ; sys_platform == 'nowhere'\n"
    lock = requirements.locked(PLACE, wanted, f"numpy==1.0 ; sys_platform == 'nowhere' --hash=sha256:{'0' * 64}\n")
    for name, text in (requirements.WANTED, wanted), (requirements.LOCK, lock):
        (root / PLACE / name).write_text(text)
    (model,) = models.load(root, ["digits"])
    with pytest.raises(RegistryError) as error:
        briefing.own_python(model)
    advice = "write it into requirements.in without a condition, and run `tox run -e lock -- digits`"
    assert (
        str(error.value) == f"{PLACE}/requirements.txt: installs no numpy here, by which rows are handed on; {advice}"
    )
