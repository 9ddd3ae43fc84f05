"""What is wrong where an environment runs, as one issue on GitHub: opened, brought up to date, closed when it is gone."""

import time
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from registry import alerts
from registry.formats.markdown import COMMENT_LIMIT

if TYPE_CHECKING:
    from registry.github.client import GitHub

LABEL = "drift"
MARK = "<!-- what is wrong in the environment {name} -->"
GONE = "What runs is what is pinned, and nothing is held."
ROOM = COMMENT_LIMIT - 1000  # beside what else stands there


def tell(github: "GitHub", environment: str, found: Sequence[str], *, is_gone: bool) -> str | None:
    """Say in the environment's issue what was found; return what was done there, None where there was nothing to do.

    `is_gone` says that all runs as pinned by now: only then the issue is closed, with that as the reason. Raises
    RegistryError where GitHub doesn't take it.
    """
    there = _open(github, environment)
    if not found and there is None:
        return None
    if not found:
        return _close(github, there, GONE) if is_gone else None
    told = _body(environment, found)
    if there is None:
        asked = {"title": f"{environment}: what runs is not what is pinned", "body": told, "labels": [LABEL]}
        there = github.create("issues", asked, lambda: _open(github, environment))
        done = f"opened {there['html_url']}"
    elif _findings(there["body"]) != _findings(told):
        github.patch(f"issues/{there['number']}", {"body": told})
        done = f"brought up to date: {there['html_url']}"
    else:
        done = None
    return _close(github, there, "Put right by the deploy that found it.") if is_gone else done


def _open(github: "GitHub", environment: str) -> dict | None:
    """Return the open issue of an environment. Only who may write sets a label."""
    mark = MARK.format(name=environment)
    listed = github.pages("issues", state="open", labels=LABEL)
    return next((one for one in listed if "pull_request" not in one and mark in (one["body"] or "")), None)


def _close(github: "GitHub", issue: dict, reason: str) -> str:
    when = f"{reason} {_now()}"
    github.post(f"issues/{issue['number']}/comments", {"body": when})
    github.patch(f"issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})
    return f"closed {issue['html_url']}"


def _body(environment: str, found: Sequence[str]) -> str:
    told = f"Found {_now()}. `tox run -e status` shows what runs."
    return "\n".join([MARK.format(name=environment), *_lines(found), "", told])


def _lines(found: Sequence[str]) -> list[str]:
    """Return a line for each finding, as many as an issue has room for."""
    lines = [f"- {alerts.plain(one)}" for one in found]
    ends = accumulate(len(line) + 1 for line in lines)
    shown = [line for line, end in zip(lines, ends, strict=True) if end <= ROOM]
    more = len(lines) - len(shown)
    return [*shown, *([f"- and {more:,} more, which the log of the deploy has"] if more else [])]


def _findings(body: str | None) -> list[str]:
    return [line for line in (body or "").splitlines() if line.startswith("- ")]


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
