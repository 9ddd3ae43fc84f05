"""Merging pull requests: real merges in the bare repository, when the rules allow them."""

from hub import commits, heads, pulls, rules
from hub.messages import Answer, Refusal, Request, missing
from hub.routes import route
from hub.state import Event, now

MODIFIED = "Head branch was modified. Review and try the merge again."


@route("GET", "/pulls/{pull_number}/merge", "pull_requests:read")
def is_merged(ask: Request, pull_number: str) -> None:
    if not pulls.find(ask, pull_number)["merged_at"]:
        raise missing()


@route("PUT", "/pulls/{pull_number}/merge", "contents:write")
def merge(ask: Request, pull_number: str) -> dict:
    pull, given = pulls.find(ask, pull_number), {"merge_method": "merge"} | ask.json
    _allowed(ask, pull, given["merge_method"])
    head, base = pull["head"]["sha"], pull["base"]["sha"]
    if given.get("sha", head) != head:
        raise Refusal(409, MODIFIED)
    tree = heads.merged_tree(ask.repository.git, base, head)
    sha = _commit(ask, pull, given, tree)
    ref = f"refs/heads/{pull['base']['ref']}"
    ask.repository.git.set_ref(ref, sha, base)
    pull |= {"state": "closed", "merge_commit_sha": sha, "merged_by": ask.login}
    pull |= {"merged_at": now(), "closed_at": now(), "updated_at": now()}
    ask.hub.happened(ask, heads.opened(pull, "closed"))
    heads.moved(ask, Event("push", ref=ref, before=base, sha=sha))
    if ask.repository.settings.get("delete_branch_on_merge"):
        _delete_branch(ask, pull)
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def _allowed(ask: Request, pull: dict, method: str) -> None:
    if pull["merged_at"] or pull["state"] != "open":
        raise Refusal(405, "Pull Request is not mergeable")
    if pull["draft"]:
        raise Refusal(405, "Pull Request is still a draft")
    if not pull["mergeable"]:
        raise Refusal(405, "Merge conflicts")
    names = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
    if not ask.repository.settings.get(names[method], True):
        noun = "commits" if method == "merge" else "merges"
        raise Refusal(405, f"{method.capitalize()} {noun} are not allowed on this repository.")
    lacking = rules.missing_checks(ask.repository, pull["base"]["ref"], pull["head"]["sha"])
    if lacking:
        raise rules.violations("\n".join(f'Required status check "{name}" is expected.' for name in lacking), 405)


def _commit(ask: Request, pull: dict, given: dict, tree: str) -> str:
    """Make the commit that a merge method makes; GitHub signs it."""
    head, base = pull["head"]["sha"], pull["base"]["sha"]
    number, method = pull["number"], given["merge_method"]
    if method == "rebase":
        return _rebased(ask, pull)
    source = f"{pull['head']['repository'].split('/')[0]}/{pull['head']['ref']}"
    merges = method == "merge"
    title = f"Merge pull request #{number} from {source}" if merges else f"{pull['title']} (#{number})"
    message = f"{given.get('commit_title') or title}\n\n{given.get('commit_message') or pull['title']}"
    return _signed(ask, tree, [base, head] if merges else [base], message, {})


def _rebased(ask: Request, pull: dict) -> str:
    """Put the commits of a pull request on its base one by one; only where they apply as they are."""
    git, sha = ask.repository.git, pull["base"]["sha"]
    for one in pulls.own_commits(ask, pull):
        tree = heads.merged_tree(git, sha, one.sha)
        if tree is None or len(one.parents) != 1:
            raise Refusal(405, "This branch can't be rebased")
        sha = _signed(ask, tree, [sha], one.message, {"author": one.author})
    return sha


def _signed(ask: Request, tree: str, parents: list[str], message: str, given: dict) -> str:
    committer = {"name": "GitHub", "email": "noreply@github.com"}
    sha = commits.create(ask.repository, ask.login, tree, parents, message, given | {"committer": committer}, False)
    ask.repository.verified.add(sha)
    return sha


def _delete_branch(ask: Request, pull: dict) -> None:
    if pull["head"]["repository"] == ask.repository.full_name:
        ask.repository.git.delete_ref(f"refs/heads/{pull['head']['ref']}")


@route("PUT", "/pulls/{pull_number}/update-branch", "contents:write pull_requests:write")
def update_branch(ask: Request, pull_number: str) -> Answer:
    pull = pulls.find(ask, pull_number)
    head, base = pull["head"]["sha"], pull["base"]["sha"]
    if ask.json.get("expected_head_sha", head) != head:
        raise Refusal(422, "expected head sha didn't match current head ref.")
    tree = heads.merged_tree(ask.repository.git, head, base)
    if tree is None or ask.repository.git.is_ancestor(base, head):
        raise Refusal(
            422,
            "merge conflict between base and head" if tree is None else "There are no new commits on the base branch.",
        )
    if pull["head"]["repository"] != ask.repository.full_name:
        raise Refusal(422, "the hub updates no branches of forks")
    message = f"Merge branch '{pull['base']['ref']}' into {pull['head']['ref']}"
    sha, ref = _signed(ask, tree, [head, base], message, {}), f"refs/heads/{pull['head']['ref']}"
    ask.repository.git.set_ref(ref, sha, head)
    heads.moved(ask, Event("push", ref=ref, before=head, sha=sha))
    return Answer(202, {"message": "Updating pull request branch.", "url": f"{ask.here}/pulls/{pull_number}"})
