"""Whoever uses this template changes models and environments: the tests are about the verbs, not about those.

`brought` alone looks there: it leaves out what a team has changed.
"""

import ast

from servers import ROOT

TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py") if path.stem != "brought")


def test_no_test_looks_at_the_repositorys_own_models_and_environments() -> None:
    found = {path: looked(path.read_text("utf-8")) for path in TESTS}
    assert {path: texts for path, texts in found.items() if texts} == {}


def looked(text: str) -> list[str]:
    """Return where a test looks at those; the pages beside them are the template's own."""
    if "ROOT" not in text:
        return []
    joined = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.BinOp)]
    found = [ast.unparse(node) for node in joined if isinstance(node.left, ast.Name) and node.left.id == "ROOT"]
    own = ("ROOT / 'models", "ROOT / 'environments")
    return [one for one in found if one.startswith(own) and not one.endswith(".md'")]
