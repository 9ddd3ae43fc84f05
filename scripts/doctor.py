"""Show the settings on GitHub that this registry relies on, and what stands in where one is off; --fix sets them."""

from registry import console
from registry.errors import Problem, raise_all, refuse
from registry.github import access, guards, settings
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.github.settings import NOT_OFFERED, OFF, UNKNOWN, Setting

TOKEN = "for this repository, with Administration and Contents: read and write, Actions and Secrets: read"
MADE = (
    "your account's Settings → Developer settings → Personal access tokens → Fine-grained tokens → Generate new token"
)
PLAN = "GitHub's plan has no rules for private repositories; make it public, or upgrade the plan"


def main() -> None:
    parser = console.parser(__doc__, "GITHUB_TOKEN=… tox run -e doctor -- --repository octo/models")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    parser.add_argument("--fix", action="store_true", help="set what is off, as far as the token may")
    options = parser.parse_args()
    github = GitHub.from_environment(options.repository)
    if not access.first_token():
        raise refuse("GITHUB_TOKEN", f"is not set; set GITHUB_TOKEN to a token {TOKEN}: {MADE}")
    found = settings.read(github)
    show(found)
    console.advise(guards.advice(github))
    if options.fix:
        fix(github, found)
    elif any(one.can_be_set for one in found):
        console.say(f"next: `tox run -e doctor -- --repository {github.repository} --fix` sets what the token may set")


def show(found: list[Setting]) -> None:
    console.table(("setting", "state", ""), [(one.name, one.state, one.note) for one in found])
    if any(one.state == NOT_OFFERED for one in found):
        console.say(f"{NOT_OFFERED}: {PLAN}")


def fix(github: GitHub, before: list[Setting]) -> None:
    """Set what can be set, each after saying what that is; then show what came of it."""
    wanted = [one for one in before if one.can_be_set]
    failed = {one.name: problem for one in wanted if (problem := change(one))}
    after = before
    if wanted:
        after = settings.read(github)
        console.say()
        show(after)
    raise_all([failed.get(one.name) or left(one) for one in after if one.state in (OFF, UNKNOWN)])
    done = f"{console.count(len(wanted), 'setting')} set" if wanted else "nothing to set"
    missing = sum(one.state == NOT_OFFERED for one in after)
    console.say(
        f"{done}: all are on" if not missing else f"{done}: all are on but the {missing} that are {NOT_OFFERED}"
    )


def change(setting: Setting) -> Problem | None:
    console.say(f"{setting.name} ...\n  sets: {setting.sets}")
    try:
        setting.fix()
    except GitHubError as error:
        if error.status is None or error.status >= 500:
            raise
        to_do = f"give the token Administration: write, or set it by hand: {setting.place}"
        return Problem(setting.name, 0, "", f"could not be set: {error.brief}; {to_do}")
    return None


def left(setting: Setting) -> Problem:
    """Return what to say of a setting that nothing was done to, or to no avail."""
    return Problem(setting.name, 0, "", f"is {setting.state}: {setting.note}; by hand: {setting.place}")


if __name__ == "__main__":
    console.run(main)
