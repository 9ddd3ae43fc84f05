"""Rows in a store of objects, fetched by a real fsspec out of the model's own packages; the store is a folder."""

import hashlib
import importlib.metadata
import zipfile
from pathlib import Path

import pytest
from registries import template

from registry.errors import RegistryError
from registry.specs import data, models, requirements
from registry.specs.models import Model

ROWS = b"1,2,0\n3,4,1\n"
STORE = """\
import os
from fsspec.implementations.local import LocalFileSystem


class Store(LocalFileSystem):
    protocol = "s3"

    @classmethod
    def _strip_protocol(cls, path):
        assert not os.environ.keys() & {"GITHUB_TOKEN", "GH_TOKEN"}
        return LocalFileSystem._strip_protocol(path.replace("s3://bucket", os.environ["BUCKET"]))
"""


def pinned(index: Path, name: str, files: dict[str, bytes], points: str = "") -> str:
    """Put a wheel there; return its line of a lock."""
    path, info = index / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, content in files.items():
            wheel.writestr(file, content)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", points)
        wheel.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def fsspec() -> dict[str, bytes]:
    """Return the files of the one that is installed here."""
    files = importlib.metadata.files("fsspec")
    return {str(one): one.locate().read_bytes() for one in files if one.suffix == ".py" and "tests" not in one.parts}


def make(root: Path, url: str, sha256: str, wanted: str, lock: str) -> Model:
    spec = root / "models/digits/model.yaml"
    before, _, after = spec.read_text("utf-8").partition("data:\n")
    spec.write_text(f"{before}data:\n  url: {url}\n  sha256: {sha256}\n{after[after.index(chr(10) * 2) :]}", "utf-8")
    if lock:
        (root / "models/digits/requirements.in").write_text(wanted)
        (root / "models/digits/requirements.txt").write_text(requirements.locked("models/digits", wanted, lock))
    return models.load(root, ["digits"])[0]


def refused(model: Model) -> str:
    with pytest.raises(RegistryError) as error:
        data.fetch(model)
    return str(error.value)


def test_rows_in_a_store_are_fetched_by_the_models_own_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, bucket = tmp_path / "index", tmp_path / "bucket"
    for folder in index, bucket:
        folder.mkdir()
    (bucket / "rows.csv").write_bytes(ROWS)
    settings = {"UV_FIND_LINKS": index, "UV_OFFLINE": 1, "UV_CACHE_DIR": tmp_path / "uv", "BUCKET": bucket}
    for name, value in (
        settings | {"XDG_CACHE_HOME": tmp_path / "cache", "GITHUB_TOKEN": "s3cret", "GH_TOKEN": "s3cret"}
    ).items():
        monkeypatch.setenv(name, str(value))
    url, digest = "s3://bucket/rows.csv", hashlib.sha256(ROWS).hexdigest()
    advice = "write fsspec and s3fs into models/digits/requirements.in, and run `tox run -e lock -- digits`"
    told = f"is fetched by fsspec with the model's own packages; {advice}"
    assert (
        refused(make(template(tmp_path / "none"), url, digest, "", ""))
        == f"models/digits/model.yaml:8: data.url: {told}"
    )
    lock = pinned(index, "fsspec", fsspec()) + pinned(index, "numpy", {})
    root = template(tmp_path / "half")
    said = refused(make(root, url, digest, "fsspec\nnumpy\n", lock))
    assert said.startswith("models/digits/model.yaml:8: data.url: can't be fetched: ImportError: Install s3fs")
    lock += pinned(index, "store", {"store.py": STORE.encode()}, "[fsspec.specs]\ns3 = store:Store\n")
    model = make(template(tmp_path / "whole"), url, digest, "fsspec\nnumpy\nstore\n", lock)
    fetched = data.fetch(model)
    assert (fetched.name, fetched.read_bytes()) == ("rows.csv", ROWS)
    other = make(template(tmp_path / "other"), url, "f" * 64, "fsspec\nnumpy\nstore\n", lock)
    assert f"data.sha256: {url} has the digest {digest}, not {'f' * 64}; " in refused(other)
    missing = make(template(tmp_path / "gone"), "s3://bucket/no.csv", digest[::-1], "fsspec\nnumpy\nstore\n", lock)
    assert "data.url: can't be fetched: FileNotFoundError: " in refused(missing)
