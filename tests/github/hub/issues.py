"""Issues and labels. Pull requests are issues too."""

from hub import shapes
from hub.messages import Answer, Request, invalid, missing
from hub.paging import paged
from hub.pulls import capped, new_issue
from hub.routes import route
from hub.state import Event, now

WRITE = "issues:write pull_requests:write"
READ = "issues:read pull_requests:read"


def find(ask: Request, number: str) -> dict:
    if int(number) not in ask.repository.issues:
        raise missing()
    return ask.repository.issues[int(number)]


def shown(ask: Request, one: dict) -> dict:
    number = one["number"]
    kept = {
        key: one[key] for key in ("id", "number", "title", "body", "state", "created_at", "updated_at", "closed_at")
    }
    facts = kept | {
        "user": shapes.user(ask, one["user"]), "labels": [ask.repository.labels[name] for name in one["labels"]],
        "comments": sum(comment["issue"] == number for comment in ask.repository.comments.values()), "assignees": [],
        "locked": False, "author_association": "NONE", "url": f"{ask.here}/issues/{number}",
        "html_url": f"{ask.web}/{'pull' if 'head' in one else 'issues'}/{number}", "repository_url": ask.here,
        "comments_url": f"{ask.here}/issues/{number}/comments",
    }  # fmt: skip
    if one.get("state_reason"):
        facts["state_reason"] = one["state_reason"]
    if "head" in one:
        links = {"url": f"{ask.here}/pulls/{number}", "html_url": f"{ask.web}/pull/{number}"}
        links |= {"diff_url": f"{ask.web}/pull/{number}.diff", "patch_url": f"{ask.web}/pull/{number}.patch"}
        facts["pull_request"] = links | {"merged_at": one["merged_at"]}
    return facts


@route("GET", "/issues", READ)
def list_issues(ask: Request) -> Answer:
    state, creator = ask.query.get("state", "open"), ask.query.get("creator")
    labels = set(filter(None, ask.query.get("labels", "").split(",")))
    found = [
        one
        for one in reversed(ask.repository.issues.values())
        if state in ("all", one["state"]) and creator in (None, one["user"]) and labels <= set(one["labels"])
    ]
    return paged(ask, [shown(ask, one) for one in found])


@route("POST", "/issues", "issues:write")
def create(ask: Request) -> Answer:
    given = ask.json
    capped(given.get("body"), "Issue")
    one = new_issue(ask, given)
    one["labels"] = label_names(ask, given.get("labels", []))
    ask.repository.issues[one["number"]] = one
    ask.hub.happened(ask, Event("issues", "opened", number=one["number"]))
    return Answer(201, shown(ask, one), {"Location": f"{ask.here}/issues/{one['number']}"})


@route("GET", "/issues/{issue_number}", READ)
def get(ask: Request, issue_number: str) -> dict:
    return shown(ask, find(ask, issue_number))


@route("PATCH", "/issues/{issue_number}", WRITE)
def update(ask: Request, issue_number: str) -> dict:
    one, given = find(ask, issue_number), ask.json
    capped(given.get("body"), "Issue")
    one |= {name: given[name] for name in ("title", "body", "state", "state_reason") if name in given}
    if "labels" in given:
        one["labels"] = label_names(ask, given["labels"])
    one["updated_at"], one["closed_at"] = now(), now() if one["state"] == "closed" else None
    return shown(ask, one)


@route("GET", "/issues/{issue_number}/events", READ)
def list_events(ask: Request, issue_number: str) -> Answer:
    """List what happened, oldest first."""
    number = find(ask, issue_number)["number"]
    return paged(ask, [_event(ask, one) for one in ask.repository.issue_events if one["issue"] == number])


def _event(ask: Request, one: dict) -> dict:
    facts = {key: one[key] for key in ("id", "event", "created_at")} | {"actor": shapes.user(ask, one["actor"])}
    nothing = dict.fromkeys(("commit_id", "commit_url", "performed_via_github_app"))
    return facts | nothing | {"node_id": "", "url": f"{ask.here}/issues/events/{one['id']}"}


def label(ask: Request, name: str, color: str = "ededed", description: str | None = None) -> dict:
    facts = {"id": next(ask.repository.ids), "name": name, "color": color, "default": False}
    return facts | {"description": description, "url": f"{ask.here}/labels/{name}", "node_id": ""}


def label_names(ask: Request, given: list) -> list[str]:
    """Return the names of labels; GitHub makes those that are not there."""
    names = [one if isinstance(one, str) else one["name"] for one in given]
    for name in names:
        ask.repository.labels.setdefault(name, label(ask, name))
    return names


@route("GET", "/labels", READ)
def list_labels(ask: Request) -> Answer:
    return paged(ask, list(ask.repository.labels.values()))


@route("POST", "/labels", WRITE)
def create_label(ask: Request) -> Answer:
    given = ask.json
    if given["name"] in ask.repository.labels:
        raise invalid("Label", "already_exists", "name")
    ask.repository.labels[given["name"]] = label(ask, **given)
    return Answer(201, ask.repository.labels[given["name"]])


@route("GET", "/issues/{issue_number}/labels", READ)
def labels_of(ask: Request, issue_number: str) -> Answer:
    return paged(ask, [ask.repository.labels[name] for name in find(ask, issue_number)["labels"]])


@route("POST", "/issues/{issue_number}/labels", WRITE)
def add_labels(ask: Request, issue_number: str) -> list:
    one, given = find(ask, issue_number), ask.json
    names = label_names(ask, given["labels"] if isinstance(given, dict) else given)
    one["labels"] += [name for name in names if name not in one["labels"]]
    return [ask.repository.labels[name] for name in one["labels"]]
