"""Rules of a repository on the hub, and what its refusals say."""

from hub.caller import Caller

RULES = {"name": "r", "enforcement": "active"}


def message(answer: dict) -> str:
    """Return all that a refusal says."""
    return " ".join([answer["message"], *(str(error) for error in answer.get("errors", []))])


def rules(octo: Caller, target: str, pattern: str, *types: str, **more: object) -> None:
    names = {"ref_name": {"include": [pattern], "exclude": []}}
    octo.post("/rulesets", **RULES, target=target, conditions=names, rules=[{"type": one} for one in types], **more)


def require_gate(octo: Caller) -> None:
    names = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    checks = {"strict_required_status_checks_policy": False, "required_status_checks": [{"context": "gate"}]}
    rule = {"type": "required_status_checks", "parameters": checks}
    octo.post("/rulesets", **RULES, target="branch", conditions=names, rules=[rule])
