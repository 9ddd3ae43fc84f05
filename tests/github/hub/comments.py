"""Comments on issues and pull requests."""

from hub import issues, shapes
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.pulls import capped
from hub.routes import route
from hub.state import Event, now


def shown(ask: Request, one: dict) -> dict:
    issue = f"{ask.here}/issues/{one['issue']}"
    kind = "pull" if "head" in ask.repository.issues[one["issue"]] else "issues"
    return {key: one[key] for key in ("id", "body", "created_at", "updated_at")} | {
        "user": shapes.user(ask, one["user"]), "url": f"{ask.here}/issues/comments/{one['id']}", "issue_url": issue,
        "html_url": f"{ask.web}/{kind}/{one['issue']}#issuecomment-{one['id']}", "author_association": "NONE",
    }  # fmt: skip


@route("GET", "/issues/{issue_number}/comments", issues.READ)
def list_comments(ask: Request, issue_number: str) -> Answer:
    number = issues.find(ask, issue_number)["number"]
    return paged(ask, [shown(ask, one) for one in ask.repository.comments.values() if one["issue"] == number])


@route("GET", "/issues/comments", issues.READ)
def list_all(ask: Request) -> Answer:
    return paged(ask, [shown(ask, one) for one in ask.repository.comments.values()])


@route("POST", "/issues/{issue_number}/comments", issues.WRITE)
def create(ask: Request, issue_number: str) -> Answer:
    issue, given = issues.find(ask, issue_number), ask.json
    capped(given["body"], "IssueComment")
    one = {"id": next(ask.repository.ids), "issue": issue["number"], "user": ask.login, "body": given["body"]}
    one |= {"created_at": now(), "updated_at": now()}
    ask.repository.comments[one["id"]] = one
    ask.hub.happened(ask, Event("issue_comment", "created", number=issue["number"]))
    return Answer(201, shown(ask, one), {"Location": f"{ask.here}/issues/comments/{one['id']}"})


def find(ask: Request, comment_id: str) -> dict:
    if int(comment_id) not in ask.repository.comments:
        raise missing()
    return ask.repository.comments[int(comment_id)]


@route("GET", "/issues/comments/{comment_id}", issues.READ)
def get(ask: Request, comment_id: str) -> dict:
    return shown(ask, find(ask, comment_id))


@route("PATCH", "/issues/comments/{comment_id}", issues.WRITE)
def update(ask: Request, comment_id: str) -> dict:
    one = find(ask, comment_id)
    if ask.token.is_bot and one["user"] != ask.login:
        raise Refusal(403, "Resource not accessible by integration")
    capped(ask.json["body"], "IssueComment")
    one |= {"body": ask.json["body"], "updated_at": now()}
    return shown(ask, one)


@route("DELETE", "/issues/comments/{comment_id}", issues.WRITE)
def delete(ask: Request, comment_id: str) -> None:
    del ask.repository.comments[find(ask, comment_id)["id"]]
