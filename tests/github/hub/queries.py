"""What GraphQL tells of a commit: the part of GitHub's schema that is asked, and where each thing comes from."""

from dataclasses import replace
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync
from hub import pulls
from hub.messages import Answer, Refusal, Request

SCHEMA = build_schema("""
scalar GitObjectID
type Query { repository(owner: String!, name: String!): Repository }
type Repository { nameWithOwner: String! defaultBranchRef: Ref object(oid: GitObjectID): GitObject }
type Ref { name: String! }
interface GitObject { oid: GitObjectID! }
type Commit implements GitObject { oid: GitObjectID! associatedPullRequests(first: Int): PullRequestConnection }
type PullRequestConnection { nodes: [PullRequest] }
type PullRequest {
  number: Int! title: String! merged: Boolean! baseRefName: String! headRefOid: GitObjectID! baseRepository: Repository
  author: Actor mergedBy: Actor reviews(last: Int, states: [PullRequestReviewState!]): PullRequestReviewConnection
}
type Actor { login: String! }
type PullRequestReviewConnection { nodes: [PullRequestReview] }
type PullRequestReview { state: PullRequestReviewState! author: Actor commit: Commit }
enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }
""")


def answer(ask: Request) -> Answer:
    """Answer a query as GitHub does: with 200, and beside the data with what could not be told and why."""
    if ask.token is None:
        raise Refusal(401, "Requires authentication")
    found = graphql_sync(SCHEMA, ask.json["query"], Root(ask), variable_values=ask.json.get("variables"))
    if found.errors and not all(error.extensions for error in found.errors):
        ask.hub.violations += [f"query: {error.message}" for error in found.errors]
    told = [{"message": one.message, "path": one.path} | (one.extensions or {}) for one in found.errors or ()]
    return Answer(200, {"data": found.data} | ({"errors": told} if told else {}))


class Root:
    """Where queries begin."""

    def __init__(self, ask: Request) -> None:
        self._ask = ask

    def repository(self, _info: Any, owner: str, name: str) -> "Repository":
        full = f"{owner}/{name}"
        found = self._ask.hub.repositories.get(full)
        if found is None or (found.private and not self._ask.token.sees(full)):
            raise _refused("NOT_FOUND", f"Could not resolve to a Repository with the name '{full}'.")
        return Repository(replace(self._ask, repository=found))


class Repository:
    def __init__(self, ask: Request) -> None:
        self._ask = ask
        self.nameWithOwner = ask.repository.full_name
        main = ask.repository.default_branch
        self.defaultBranchRef = {"name": main} if ask.repository.git.resolve(f"refs/heads/{main}") else None

    def object(self, _info: Any, oid: str) -> "Commit | None":
        return Commit(self._ask, oid) if self._ask.repository.git.resolve(oid) else None


class Commit:
    __typename = "Commit"  # by which it is told apart from other objects of Git

    def __init__(self, ask: Request, oid: str) -> None:
        self._ask, self.oid = ask, oid

    def associatedPullRequests(self, _info: Any, first: int) -> dict:  # noqa: N802
        ask = self._ask
        if ask.repository.private and not ask.token.may("pull_requests:read"):
            raise _refused("FORBIDDEN", "Resource not accessible by integration")
        return {"nodes": [_pull(seen, pull) for seen, pull in pulls.bringing(ask, self.oid)][:first]}


def _pull(ask: Request, pull: dict) -> dict:
    def reviews(_info: Any, last: int, states: list[str]) -> dict:
        those = [one for one in pull.get("reviews", []) if one["state"] in states]
        return {"nodes": [{"state": one["state"], "author": _actor(one["user"]), "commit": Commit(ask, one["commit_id"])}
                          for one in those][-last:]}  # fmt: skip

    return {
        "number": pull["number"], "title": pull["title"], "merged": pull["merged_at"] is not None,
        "baseRefName": pull["base"]["ref"], "headRefOid": pull["head"]["sha"], "baseRepository": Repository(ask),
        "author": _actor(pull["user"]), "mergedBy": _actor(pull.get("merged_by")), "reviews": reviews,
    }  # fmt: skip


def _actor(login: str | None) -> dict | None:
    return login and {"login": login.removesuffix("[bot]")}


def _refused(kind: str, text: str) -> GraphQLError:
    return GraphQLError(text, extensions={"type": kind})
