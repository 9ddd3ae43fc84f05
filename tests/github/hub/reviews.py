"""Reviews of pull requests."""

from hub import pulls, shapes
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import now

STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def shown(ask: Request, number: int, one: dict) -> dict:
    page = f"{ask.web}/pull/{number}#pullrequestreview-{one['id']}"
    facts = {key: one[key] for key in ("id", "body", "state", "commit_id", "submitted_at")}
    return facts | {
        "node_id": "", "user": shapes.user(ask, one["user"]) if one["user"] else None, "html_url": page,
        "pull_request_url": f"{ask.here}/pulls/{number}", "author_association": "MEMBER",
        "_links": {"html": {"href": page}, "pull_request": {"href": f"{ask.here}/pulls/{number}"}},
    }  # fmt: skip


@route("GET", "/pulls/{pull_number}/reviews", "pull_requests:read")
def list_reviews(ask: Request, pull_number: str) -> Answer:
    """List them as they came."""
    pull = pulls.find(ask, pull_number)
    return paged(ask, [shown(ask, pull["number"], one) for one in pull.get("reviews", [])])


@route("POST", "/pulls/{pull_number}/reviews", "pull_requests:write")
def create(ask: Request, pull_number: str) -> dict:
    pull, given = pulls.find(ask, pull_number), ask.json
    if given["event"] != "COMMENT" and ask.login == pull["user"]:
        raise Refusal(422, "Unprocessable Entity: Can not approve your own pull request")
    one = {"id": next(ask.repository.ids), "user": ask.login, "body": given.get("body", ""), "submitted_at": now()}
    one |= {"state": STATES[given["event"]], "commit_id": given.get("commit_id") or pull["head"]["sha"]}
    pull.setdefault("reviews", []).append(one)
    return shown(ask, pull["number"], one)


@route("PUT", "/pulls/{pull_number}/reviews/{review_id}/dismissals", "pull_requests:write")
def dismiss(ask: Request, pull_number: str, review_id: str) -> dict:
    pull = pulls.find(ask, pull_number)
    found = next((one for one in pull.get("reviews", []) if one["id"] == int(review_id)), None)
    if found is None:
        raise missing()
    if found["state"] not in ("APPROVED", "CHANGES_REQUESTED"):
        raise Refusal(422, "Can not dismiss a commented pull request review")
    found["state"] = "DISMISSED"
    return shown(ask, pull["number"], found)
