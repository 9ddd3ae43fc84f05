"""Any bytes are unpacked or refused; what was packed is unpacked."""

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import RegistryError

BLOCKS = st.lists(st.binary(min_size=512, max_size=512) | st.just(bytes(512)), max_size=4).map(b"".join)

TREES = st.dictionaries(
    st.from_regex(r"[a-zé]{1,40}(/[a-zé]{1,40}){0,2}", fullmatch=True), st.binary(max_size=1500), max_size=4
)


@given(BLOCKS | st.binary(max_size=1100))
def test_any_bytes_are_unpacked_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    artifact = Artifact("m-1.0.0.tar", len(raw), hashlib.sha256(raw).hexdigest())
    try:
        archive.unpack(io.BytesIO(raw), folder / "inside", artifact)
    except RegistryError:
        assert [path.name for path in folder.iterdir()] == ["inside"]


@given(TREES)
def test_what_was_packed_is_unpacked(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("tree")
    tree = {name: raw for name, raw in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    (folder / "from").mkdir()
    for name, raw in tree.items():
        (folder / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "from" / name).write_bytes(raw)
    artifact = archive.pack(folder / "from", folder / "m-1.0.0.tar")
    with (folder / "m-1.0.0.tar").open("rb") as stream:
        sizes = archive.unpack(stream, folder / "to", artifact)
    assert sizes == {name: len(raw) for name, raw in tree.items()}
    assert {name: Path(folder / "to" / name).read_bytes() for name in tree} == tree
