"""The GitHub of the tests: what it checks, whom it lets in, how it pages, and Git over HTTP."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from hub import Hub
from hub.caller import TIMEOUT, Caller
from hub.routes import ROUTES
from hub.schemas import description, operation
from registries import ENVIRONMENT, commit, git


@pytest.fixture
def octo(octo: Caller) -> Caller:
    octo.write("README.md", "hello\n")
    return octo


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/releases", {"name": "no tag"}, "'tag_name' is a required property"),
        ("/releases", {"tag_name": 1}, "1 is not of type 'string'"),
        ("/releases", {"tag_name": "v1", "drafft": True}, "the field drafft is not described"),
        ("/releases?tag=v1", {"tag_name": "v1"}, "the query parameter tag is not described"),
        ("/git/trees", {"tree": [{"path": "a", "mod": "100644"}]}, "the field tree/0/mod is not described"),
    ],
)
def test_a_request_that_the_description_does_not_know_fails_the_test(
    tmp_path: Path, path: str, body: dict, said: str
) -> None:
    with pytest.raises(AssertionError, match="the hub saw") as caught, Hub(tmp_path) as hub:
        answer = Caller(hub, hub.token).post(path, 500, **body)
        assert said in answer["message"]
    assert said in str(caught.value)


def test_a_path_that_the_description_does_not_know_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="GET /repos/octo/models/stargazers: the hub has no"), Hub(tmp_path) as hub:
        Caller(hub, hub.token).get("/stargazers", 404)


def test_an_answer_that_the_description_does_not_know_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="homepage: 7 is not of type 'string'"), Hub(tmp_path) as hub:
        hub.repository.settings["homepage"] = 7
        Caller(hub, hub.token).get("")


def test_what_went_wrong_in_the_test_itself_comes_first(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Hub(tmp_path) as hub:
        Caller(hub, hub.token).get("/stargazers", 404)
        raise ZeroDivisionError


def test_each_route_is_in_the_description() -> None:
    assert not [one.template for one in ROUTES if operation(one.method, one.template) is None]


def test_each_described_operation_has_a_route() -> None:
    answered = {(one.method.lower(), one.template) for one in ROUTES}
    described = {(method, path) for path, methods in description()["paths"].items() for method in methods}
    assert described - answered == set()


def test_the_description_says_where_it_comes_from() -> None:
    assert description()["info"]["version"].startswith("@octokit/openapi ")


def test_an_enterprise_server_has_its_api_and_its_uploads_on_other_paths(tmp_path: Path) -> None:
    with Hub(tmp_path, enterprise=True) as hub:
        octo = Caller(hub, hub.token)
        octo.write("a", "b")
        release = octo.post("/releases", tag_name="v1", draft=True)
        assert hub.api_url == f"{hub.server_url}/api/v3"
        assert release["url"].startswith(f"{hub.server_url}/api/v3/repos/octo/models/releases/")
        assert release["upload_url"].startswith(f"{hub.server_url}/api/uploads/repos/")
        assert octo.upload(release, "a.tar", b"bytes")["url"].startswith(f"{hub.server_url}/api/v3/")


@pytest.mark.parametrize(("enterprise", "prefix"), [(True, ""), (False, "/api/v3")])
def test_the_api_is_at_one_place_only(tmp_path: Path, enterprise: bool, prefix: str) -> None:
    with pytest.raises(AssertionError, match="the API is at"), Hub(tmp_path, enterprise=enterprise) as hub:
        Caller(hub).call("GET", f"{hub.server_url}{prefix}/repos/octo/models", 404)


def test_on_github_com_uploads_go_to_another_host(hub: Hub, octo: Caller) -> None:
    release = octo.post("/releases", tag_name="v1", draft=True)
    assert not release["upload_url"].startswith(hub.api_url)
    assert release["upload_url"].endswith("/assets{?name,label}")
    wrong = release["upload_url"].partition("{")[0].replace(hub._servers.base("uploads"), hub.api_url)
    octo.call("POST", wrong, 500, params={"name": "a"}, data=b"b")
    assert hub.violations.pop().startswith("request POST /repos/octo/models/releases/")


class TestTokens:
    def test_a_private_repository_is_not_there_without_one(self, hub: Hub) -> None:
        hub.repository.private = True
        assert Caller(hub).get("", 404)["message"] == "Not Found"
        Caller(hub, hub.user("eve", None, "eve/other")).get("", 404)
        Caller(hub, hub.user("ann", None, "octo/models")).get("", 200)

    def test_a_public_one_can_be_read_and_not_written(self, hub: Hub, octo: Caller) -> None:
        Caller(hub).get("/branches/main")
        assert Caller(hub).post("/issues", 401, title="t")["message"] == "Requires authentication"

    def test_a_wrong_one_is_refused_even_where_none_is_needed(self, hub: Hub) -> None:
        assert Caller(hub, "ghp_wrong").get("", 401)["message"] == "Bad credentials"

    def test_one_without_the_permission_is_told_which_it_lacks(self, hub: Hub) -> None:
        bot = Caller(hub, hub.workflow({"contents": "read"}))
        answer = bot.call("POST", "/releases", 403, json={"tag_name": "v1"})
        assert answer.json()["message"] == "Resource not accessible by integration"
        assert answer.headers["X-Accepted-GitHub-Permissions"] == "contents=write"
        bot.get("/immutable-releases", 403)

    def test_on_a_private_repository_reading_takes_permission(self, hub: Hub, octo: Caller) -> None:
        hub.repository.private = True
        Caller(hub, hub.workflow({})).get("/branches/main", 403)
        Caller(hub, hub.workflow({"contents": "read"})).get("/branches/main", 200)

    def test_events_of_a_workflow_start_nothing_but_dispatches(self, hub: Hub, octo: Caller) -> None:
        hub.repository.permissions["can_approve_pull_request_reviews"] = True
        bot = Caller(hub, hub.workflow({"contents": "write", "pull_requests": "write"}))
        bot.pull("topic")
        bot.post("/dispatches", 204, event_type="go")
        starts = {(event.name, event.starts) for event in hub.repository.events if event.login != "octo"}
        assert starts == {("push", "no"), ("pull_request", "approval"), ("repository_dispatch", "yes")}

    def test_events_of_an_app_and_of_people_start_workflows(self, hub: Hub, octo: Caller) -> None:
        Caller(hub, hub.app({"contents": "write", "pull_requests": "write"})).pull("topic")
        octo.post("/issues", title="t")
        assert {event.starts for event in hub.repository.events} == {"yes"}

    def test_a_workflow_opens_no_pull_request_until_that_is_allowed(self, hub: Hub, octo: Caller) -> None:
        octo.branch("topic", octo.head())
        octo.write("a", "b", "topic")
        bot = Caller(hub, hub.workflow({"pull_requests": "write"}))
        words = {"title": "t", "head": "topic", "base": "main"}
        assert "not permitted to create or approve" in bot.post("/pulls", 403, **words)["message"]
        octo.put(
            "/actions/permissions/workflow",
            204,
            can_approve_pull_request_reviews=True,
            default_workflow_permissions="read",
        )
        bot.post("/pulls", 201, **words)

    def test_only_who_may_merge_sees_how_that_is_set(self, hub: Hub, octo: Caller) -> None:
        assert "allow_squash_merge" in octo.get("")
        assert "allow_squash_merge" in Caller(hub, hub.workflow({"contents": "write"})).get("")
        assert "allow_squash_merge" not in Caller(hub, hub.user("ann", {"administration": "write"})).get("")


class TestPaging:
    def test_a_list_comes_in_pages_with_links(self, hub: Hub, octo: Caller) -> None:
        for number in range(5):
            octo.post("/issues", title=str(number))
        first = octo.call("GET", "/issues", params={"per_page": 2})
        assert [one["title"] for one in first.json()] == ["4", "3"]
        assert set(first.links) == {"next", "last"}
        second = requests.get(first.links["next"]["url"], timeout=TIMEOUT)
        assert [one["title"] for one in second.json()] == ["2", "1"]
        assert set(second.links) == {"prev", "next", "last", "first"}
        assert "page=3" in second.links["last"]["url"]

    def test_pages_can_be_made_small_whatever_was_asked_for(self, hub: Hub, octo: Caller) -> None:
        hub.page_limit = 1
        octo.post("/issues", title="a")
        octo.post("/issues", title="b")
        answer = octo.call("GET", "/issues", params={"per_page": 100})
        assert len(answer.json()) == 1
        assert "per_page=100" in answer.links["next"]["url"]

    def test_a_page_beyond_the_last_is_empty(self, octo: Caller) -> None:
        assert octo.get("/issues", page=9) == []


class TestGitOverHttp:
    def address(self, hub: Hub) -> str:
        return hub.git_url.replace("://", f"://x-access-token:{hub.token}@")

    def test_what_is_pushed_is_what_the_api_shows(self, hub: Hub, octo: Caller, tmp_path: Path) -> None:
        clone = tmp_path / "clone"
        git(tmp_path, "clone", "--quiet", hub.git_url.removesuffix(".git"), str(clone))
        (clone / "large").write_text("0123456789" * 400_000)
        commit(clone)
        git(clone, "push", "--quiet", self.address(hub), "HEAD:refs/heads/topic")
        assert octo.head("topic") == git(clone, "rev-parse", "HEAD").strip()
        assert hub.repository.events[-1].ref == "refs/heads/topic"
        assert [call.host for call in hub.calls if call.number == 0][-1] == "git"

    def test_a_pull_request_can_be_fetched(self, hub: Hub, octo: Caller, tmp_path: Path) -> None:
        pull = octo.pull("topic")
        git(tmp_path, "clone", "--quiet", hub.git_url, "clone")
        git(tmp_path / "clone", "fetch", "--quiet", "origin", "refs/pull/1/merge")
        parents = git(tmp_path / "clone", "log", "-1", "--format=%P", "FETCH_HEAD").split()
        assert parents == [octo.head(), pull["head"]["sha"]]

    def test_a_private_repository_asks_who_it_is(self, hub: Hub, octo: Caller, tmp_path: Path) -> None:
        hub.repository.private = True
        quiet = ENVIRONMENT | {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null"}
        command = ["git", "clone", "--quiet"]
        assert subprocess.run([*command, hub.git_url, "a"], cwd=tmp_path, env=quiet, capture_output=True).returncode
        assert not subprocess.run([*command, self.address(hub), "b"], cwd=tmp_path, env=quiet).returncode

    def test_a_rule_holds_a_push_too(self, hub: Hub, octo: Caller, tmp_path: Path) -> None:
        names = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
        octo.post("/rulesets", name="r", enforcement="active", conditions=names, rules=[{"type": "update"}])
        git(tmp_path, "clone", "--quiet", hub.git_url, "clone")
        commit(tmp_path / "clone")
        command = ["git", "push", "--quiet", self.address(hub), "HEAD:main"]
        done = subprocess.run(command, cwd=tmp_path / "clone", capture_output=True, text=True)
        assert (done.returncode != 0, "403" in done.stderr) == (True, True)

    def test_the_server_may_have_another_name_than_the_api(self, tmp_path: Path) -> None:
        with Hub(tmp_path / "hub", server="github.localhost") as hub:
            Caller(hub, hub.token).write("a", "b")
            assert hub.git_url.startswith("http://github.localhost:")
            assert hub.environment["GITHUB_SERVER_URL"] in hub.git_url
            git(tmp_path, "clone", "--quiet", hub.git_url, "clone")

    def test_a_working_tree_can_be_taken_as_it_is(self, hub: Hub, tmp_path: Path) -> None:
        root = tmp_path / "tree"
        root.mkdir()
        git(root, "init", "--quiet")
        commit(root)
        assert hub.take(root) == git(root, "rev-parse", "HEAD").strip()


def test_the_log_counts_calls_by_what_they_were(hub: Hub, octo: Caller) -> None:
    octo.get("/branches/main")
    octo.get("/branches/nope", 404)
    assert hub.calls.count(template="/repos/{owner}/{repo}/branches/{branch}") == 2
    assert [call.status for call in hub.calls] == [201, 200, 404]
    assert [call.number for call in hub.calls.counted] == [1, 2, 3]
    assert len(hub.calls.writes) == 1
    assert "GET /repos/{owner}/{repo}/branches/{branch} 404" in str(hub.calls)


def test_it_can_be_run_by_hand(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "--enterprise"], cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    )
    said = dict(process.stdout.readline().strip().removeprefix("export ").split("=", 1) for _ in range(4))
    headers = {"Authorization": f"Bearer {said['GITHUB_TOKEN']}"}
    address = f"{said['GITHUB_API_URL']}/repos/{said['GITHUB_REPOSITORY']}"
    answer = requests.get(address, headers=headers, timeout=TIMEOUT)
    process.terminate()
    rest = process.stdout.read()
    process.wait(TIMEOUT)
    assert json.loads(answer.text)["permissions"]["admin"]
    assert "GET /repos/{owner}/{repo} 200" in rest
