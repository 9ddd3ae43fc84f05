"""Show the settings on GitHub that this registry relies on, and what stands in where one is off; --fix sets them."""

from registry import console, settings
from registry.answers import GitHubError
from registry.errors import Problem, raise_all
from registry.github import GitHub
from registry.settings import ON, Setting


def main() -> None:
    parser = console.parser(__doc__, "GITHUB_TOKEN=… tox run -e doctor -- --repository octo/models")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    parser.add_argument("--fix", action="store_true", help="set what is off, as far as the token may")
    options = parser.parse_args()
    github = GitHub.from_environment(options.repository)
    found = settings.read(github)
    console.table(
        ("setting", "state", ""), [(one.name, one.state, "" if one.state == ON else one.told) for one in found]
    )
    off = [one for one in found if one.state != ON]
    if options.fix:
        raise_all([problem for one in off if (problem := fix(one))])
    elif off:
        console.say(f"next: `tox run -e doctor -- --repository {github.repository} --fix` sets what the token may set")


def fix(setting: Setting) -> Problem | None:
    console.say(f"setting: {setting.name} ...")
    try:
        setting.fix()
    except GitHubError as error:
        if error.status is None or error.status >= 500:
            raise
        return Problem(
            setting.name, 0, "", f"could not be set: {error.brief}; set it by hand in the repository's settings"
        )
    return None


if __name__ == "__main__":
    console.run(main)
