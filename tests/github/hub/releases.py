"""Releases: drafts that only writers see, tags that come into being on publishing, and immutability."""

from hub import assets, rules
from hub.messages import Answer, Refusal, Request, invalid, missing
from hub.paging import paged
from hub.pulls import capped
from hub.routes import route
from hub.shapes import user
from hub.state import Event, Release, now

BODY_LIMIT = 125_000
FIELDS = ("tag_name", "target_commitish", "name", "body", "draft", "prerelease")


def shown(ask: Request, one: Release) -> dict:
    """Return a release as an answer shows it."""
    here = f"{ask.here}/releases/{one.id}"
    uploads = f"{ask.hub.uploads_base(ask)}/repos/{ask.repository.full_name}/releases/{one.id}"
    facts = {name: getattr(one, name) for name in ("id", "immutable", "published_at", "created_at", *FIELDS)}
    return facts | {
        "url": here, "assets_url": f"{here}/assets", "upload_url": f"{uploads}/assets{{?name,label}}",
        "html_url": f"{ask.web}/releases/tag/{one.path}", "author": user(ask, one.author),
        "assets": [assets.shown(ask, one, asset) for asset in one.assets.values()],
    }  # fmt: skip


@route("GET", "/releases", "contents:read")
def list_releases(ask: Request) -> Answer:
    """List releases; a new one may be missing for a while, as at GitHub."""
    visible = [one for one in ask.repository.releases.values() if not one.draft or assets.writes(ask)]
    late = [one for one in visible if one.unlisted]
    visible = [one for one in visible if not one.unlisted]
    for one in late:
        one.unlisted -= 1
    return paged(ask, [shown(ask, one) for one in reversed(visible)])


@route("POST", "/releases", "contents:write")
def create(ask: Request) -> Answer:
    given = ask.json
    _may_target(ask, given.get("target_commitish"))
    one = Release(next(ask.repository.ids), given["tag_name"], ask.login, ask.repository.default_branch)
    change(one, {"draft": False} | given)
    one.unlisted = ask.hub.listing_lag
    if not one.draft:
        publish(ask, one, given)
    ask.repository.releases[one.id] = one
    return Answer(201, shown(ask, one), {"Location": f"{ask.here}/releases/{one.id}"})


def _may_target(ask: Request, target: str | None) -> None:
    """For a commit that touches workflow files GitHub wants the permission `workflows`, which GITHUB_TOKEN never has."""
    git = ask.repository.git
    if target and ask.token.kind == "workflow" and (sha := git.resolve(target)):
        if git.lines("diff-tree", "-r", "--root", "--name-only", "--no-commit-id", sha, "--", ".github/workflows"):
            raise Refusal(403, "Resource not accessible by integration")


def change(one: Release, given: dict) -> None:
    capped(given.get("body"), "Release", BODY_LIMIT)
    for name in FIELDS:
        if name in given:
            setattr(one, name, given[name])


@route("GET", "/releases/latest", "contents:read")
def latest(ask: Request) -> dict:
    if ask.repository.latest is None:
        raise missing()
    return shown(ask, ask.repository.releases[ask.repository.latest])


@route("GET", "/releases/tags/{tag}", "contents:read")
def by_tag(ask: Request, tag: str) -> dict:
    for one in ask.repository.releases.values():
        if one.tag_name == tag and not one.draft:
            return shown(ask, one)
    raise missing()


@route("GET", "/releases/{release_id}", "contents:read")
def get(ask: Request, release_id: str) -> dict:
    return shown(ask, assets.find_release(ask, release_id))


@route("PATCH", "/releases/{release_id}", "contents:write")
def update(ask: Request, release_id: str) -> dict:
    one, given = assets.find_release(ask, release_id), ask.json
    moved = [
        name for name in ("tag_name", "target_commitish") if given.get(name, getattr(one, name)) != getattr(one, name)
    ]
    if one.immutable and (moved or given.get("draft")):
        raise invalid("Release", "custom", (moved or ["draft"])[0], "cannot be changed on an immutable release")
    before = dict(vars(one))
    change(one, given)
    try:
        if before["draft"] and not one.draft:
            publish(ask, one, given)
        elif not one.draft:
            mark_latest(ask, one, given.get("make_latest", "legacy"))
    except Refusal:
        vars(one).update(before)
        raise
    return shown(ask, one)


@route("DELETE", "/releases/{release_id}", "contents:write")
def delete(ask: Request, release_id: str) -> None:
    one = assets.find_release(ask, release_id)
    del ask.repository.releases[one.id]
    if ask.repository.latest == one.id:
        ask.repository.latest = None


def publish(ask: Request, one: Release, given: dict) -> None:
    """Publish: make the tag where it isn't there yet; with immutable releases on it is taken for good."""
    repository, git = ask.repository, ask.repository.git
    others = [other for other in repository.releases.values() if other is not one and not other.draft]
    if any(other.tag_name == one.tag_name for other in others):
        raise invalid("Release", "already_exists", "tag_name")
    if one.tag_name in repository.burned:
        raise burned()
    ref = f"refs/tags/{one.tag_name}"
    if git.resolve(ref, "") is None:
        create_tag(ask, one, ref)
    one.published_at, one.immutable = now(), repository.immutable_releases
    if one.immutable:
        repository.burned.add(one.tag_name)
    mark_latest(ask, one, given.get("make_latest", "true"))
    ask.hub.happened(ask, Event("release", "published", ref=ref, sha=git.resolve(ref) or ""))


def burned() -> Refusal:
    """Return GitHub's answer for a tag that an immutable release had, in its words."""
    creation = f"pre_receive Repository rule violations found\n\n{rules.RESTRICTED['creation']}\n\n"
    return Refusal(
        422,
        "Validation Failed",
        {"resource": "Release", "code": "custom", "field": "pre_receive", "message": creation},
        {
            "resource": "Release",
            "code": "custom",
            "field": "tag_name",
            "message": "tag_name was used by an immutable release",
        },
        {"resource": "Release", "code": "custom", "message": "Published releases must have a valid tag"},
    )


def create_tag(ask: Request, one: Release, ref: str) -> None:
    git = ask.repository.git
    target = git.resolve(f"refs/heads/{one.target_commitish}") or git.resolve(one.target_commitish)
    if target is None:
        raise invalid("Release", "invalid", "target_commitish")
    if reason := rules.broken(ask.repository, ref, "creation"):
        raise invalid(
            "Release", "custom", "pre_receive", f"pre_receive Repository rule violations found\n\n{reason}\n\n"
        )
    git.set_ref(ref, target)


def mark_latest(ask: Request, one: Release, wish: str) -> None:
    repository = ask.repository
    if wish == "true" or (wish == "legacy" and repository.latest is None and not one.prerelease):
        repository.latest = one.id
    elif wish == "false" and repository.latest == one.id:
        repository.latest = None
