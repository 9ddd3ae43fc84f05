"""A GitHub on loopback that keeps what it is given, for tests.

with Hub(tmp_path) as hub:
    requests.get(f"{hub.api_url}/repos/octo/models", headers={"Authorization": f"Bearer {hub.token}"})
    assert hub.calls.count(method="GET") == 1
"""

from hub import (
    artifacts,
    branches,
    checks,
    comments,
    commits,
    comparison,
    contents,
    deployments,
    issues,
    merging,
    meta,
    objects,
    pulls,
    refs,
    releases,
    rulesets,
    runs,
    settings,
    workflows,
)
from hub.calls import Call
from hub.faults import KINDS, Fault
from hub.service import Hub
from hub.state import Event, Repository
from hub.tokens import Token

__all__ = ["KINDS", "Call", "Event", "Fault", "Hub", "Repository", "Token"]
# imported, so that their routes are known
ANSWERING = (
    artifacts,
    branches,
    checks,
    comments,
    commits,
    comparison,
    contents,
    deployments,
    issues,
    merging,
    meta,
    objects,
    pulls,
    refs,
    releases,
    rulesets,
    runs,
    settings,
    workflows,
)
