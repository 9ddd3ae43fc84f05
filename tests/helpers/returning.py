"""Rows of a data.py that returns whatever its data file says."""

from pathlib import Path

from registry.loading import making
from registry.loading.rows import Examination, Rows

LOAD = """

def load(path):
    return eval(path.read_text(), globals())
"""
USUAL = "features, labels, columns"


def rows(data: str, folder: Path, returned: str = USUAL, other: str | None = None, **facts: object) -> Rows:
    """Return the rows of a file, and of another one where that is given, each of which says what load() returns.

    `data` is the code above load(), `facts` what is asked of the rows.
    """
    folder.mkdir(exist_ok=True)
    for name, text in {"data.py": data + LOAD, "rows.csv": returned, "exam.csv": other or ""}.items():
        (folder / name).write_text(text)
    usual = {"data": str(folder / "rows.csv"), "holdout": 0.2, "folds": 0}
    more = {"holdout": None, "held_out": str(folder / "exam.csv")} if other else {}
    return making.load(Examination(folder=str(folder), place="models/tiny", **usual | more | facts))
