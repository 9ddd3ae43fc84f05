"""A `deploy` of a 1 GiB artifact beside `sha256sum` and `tar x` of the same file."""

import shutil
import sys
from pathlib import Path

import pairs
import registries
from servers import ROOT

SIZE = 1024  # MB
MOST_MEMORY = 200  # MB
MOST = 1.2


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    root = registries.template(folder)
    registries.candidate(root, filler=SIZE)
    registries.verb(root, "publish", "digits")
    registries.verb(root, "promote", "digits", "staging")
    shutil.rmtree(root / "candidates")
    ours, theirs = [], []
    for _ in range(pairs.ROUNDS):
        shutil.rmtree(root / "deployments", ignore_errors=True)
        ours.append(pairs.cost([sys.executable, str(ROOT / "scripts/deploy.py"), "staging", "--apply"], root))
        theirs.append(_by_hand(root))
    ratio, memory = pairs.ratio(ours, theirs), max(one.memory for one in ours)
    spread = f"{min(one.seconds for one in ours):.2f} s against {min(one.seconds for one in theirs):.2f} s"
    return [
        [
            "deploy, 1 GiB, against sha256sum + tar x",
            f"{ratio:.2f} × ({spread})",
            f"at most {MOST}",
            _met(ratio <= MOST),
        ],
        ["peak memory of it", f"{memory:.0f} MB", f"under {MOST_MEMORY}", _met(memory < MOST_MEMORY)],
    ]


def _by_hand(root: Path) -> pairs.Cost:
    """What a careful person would type; the files are on the disk at its end, as deploy's are."""
    unpacked = root / "by-hand"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    tar = "releases/digits@v1.0.0/digits-1.0.0.tar"
    return pairs.cost(["sh", "-c", f"sha256sum {tar} && tar xf {tar} -C by-hand"], root)


def _met(met: bool) -> str:
    return "yes" if met else "NO"
