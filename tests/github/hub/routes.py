"""Which function answers which operation. Paths are written as in GitHub's description."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

DEEP = {"path", "ref", "branch", "tag", "basehead", "environment_name"}  # may hold slashes
NUMBERS = re.compile(r"(release|asset|run|artifact|deployment|comment|ruleset|job|review)_id|.*_number")
ROUTES: list["Route"] = []


@dataclass(frozen=True)
class Route:
    """An operation: what answers it, and which permission it asks for (`contents:write`; alternatives by spaces)."""

    method: str
    template: str
    function: Callable
    need: str
    closed: bool  # reading it needs the permission on a public repository too
    pattern: re.Pattern


def route(method: str, template: str, need: str = "", closed: bool = False) -> Callable:
    """Make a function the answer to an operation below /repos/{owner}/{repo}, or to an absolute one (`//user`)."""
    full = template[1:] if template.startswith("//") else f"/repos/{{owner}}/{{repo}}{template}"
    pattern = re.compile("/".join(_part(part) for part in full.split("/")))

    def keep(function: Callable) -> Callable:
        ROUTES.append(Route(method, full, function, need, closed, pattern))
        ROUTES.sort(key=lambda one: -sum("{" not in part for part in one.template.split("/")))
        return function

    return keep


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    return f"(?P<{name}>{'.+' if name in DEEP else r'[0-9]+' if NUMBERS.fullmatch(name) else '[^/]+'})"


def find(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """Return the route of a path, if there is one, and the values in the path."""
    for one in ROUTES:
        if one.method == method and (match := one.pattern.fullmatch(path)):
            return one, {name: unquote(value) for name, value in match.groupdict().items()}
    return None, {}
