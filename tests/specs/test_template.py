"""Whoever uses this template changes models and environments: the tests are about the verbs, not about those.

`brought` alone looks there: it leaves out what a team has changed.
"""

import ast

import pytest
from servers import ROOT

TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py") if path.stem != "brought")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_test_looks_at_the_repositorys_own_models_and_environments(path) -> None:
    joined = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.BinOp)]
    looked = [ast.unparse(node) for node in joined if isinstance(node.left, ast.Name) and node.left.id == "ROOT"]
    looked = [text for text in looked if not text.endswith("/README.md'")]  # pages are the template's own
    assert not [text for text in looked if text.startswith(("ROOT / 'models", "ROOT / 'environments"))]
