"""A GitHub on loopback that keeps what it is given, for tests.

    with Hub(tmp_path) as hub:                              # Hub(…, enterprise=True): API under /api/v3
        hub.take(checkout)                                  # seed main from a working tree
        environment = os.environ | hub.environment          # GITHUB_API_URL, _SERVER_URL, _REPOSITORY, _TOKEN
        hub.workflow({"contents": "write"})                 # a GITHUB_TOKEN; also hub.user(…), hub.app(…)
        run = hub.add_run(".github/workflows/check.yml", "pull_request", sha, "topic")
        hub.add_artifact(run, "candidate-digits", {"report.json": b"{}"})
        hub.faults.add("502-after", 3)                      # the third call; or method=, template=, host=, when=
        hub.faults.add("kill", 4, pid=lambda: process.pid)  # SIGKILL once the fourth call was acted on
        print(hub.calls, hub.calls.count(method="POST"), hub.repository.events)

Leaving the `with` raises every request and answer that GitHub's own description doesn't allow (openapi.json, which
trim.py renews), and every token that reached the host of the bytes. `python -m hub` runs it by hand.
"""

# each brings its routes
from hub import artifacts, branches, checks, comments, commits, comparison, contents, deployments, hosting  # noqa: F401
from hub import issues, merging, meta, objects, pulls, refs, releases, reviews, rights, rulesets, runs, settings, workflows  # noqa: F401
from hub.calls import Call
from hub.faults import KINDS, Fault
from hub.service import Hub
from hub.state import Event, Repository
from hub.tokens import Token

__all__ = ["KINDS", "Call", "Event", "Fault", "Hub", "Repository", "Token"]
