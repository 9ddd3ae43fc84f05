"""A repository to which much has happened: six models, three environments, withdrawals, ways back, and hostile words."""

from pathlib import Path

import pasts
import registries
from hostile import HOSTILE
from pasts import DAY, Past, pin

PEOPLE = ["Ada Lovelace <ada@example.org>", "Grace Hopper <grace@example.org>", "Алан Тьюринг <alan@example.org>"]
LONG = "a" + "-very_long_name_that_goes_on_and_on_until_the_very_end_of_it"[:61]
OWNERS = {"digits": "vision", "sentiment": "text", "mileage": "cars", "movies": "shop", LONG: "x" * 120}
TASKS = {"digits": "classification", "sentiment": "classification", "mileage": "regression", "movies": "ranking"}
CANARY = "description: One shop in a hundred.\ntakes_from: staging\nsoak: 24h\ntarget:\n  type: directory\n  path: deployments/canary\n"
REASON = "</td></table><script>alert(1)</script> mistakes 7 for 1"


def write(root: Path) -> list[str]:
    """Make the repository, whose last commit is of 30 June 2025; return its commits."""
    past, clock = Past(), pasts.START
    files = pasts.environments() | {"environments/canary.yaml": CANARY}
    past.commit(files, "begin", clock)

    def later(days: float) -> int:
        nonlocal clock
        clock += int(days * DAY)
        return clock

    def release(model: str, version: str, by: int, **spec: object) -> None:
        text = spec_of(model, version, **spec)
        code = {
            f"models/{model}/model.py": f"# {version.rpartition('.')[0]}\n",
            f"models/{model}/lib/net.py": "# net\n",
        }
        when = later(2)
        mark = past.commit(
            {f"models/{model}/model.yaml": text, **code},
            f"{model} {version} (#{past.count + 1})",
            when,
            person=PEOPLE[by],
        )
        past.release(
            model, version, mark, when + 900, person=PEOPLE[by], seed=sum(map(int, version.split("."))) * 7 + len(model)
        )

    def move(place: str, model: str, version: str | None, by: int, message: str = "") -> int:
        when = later(1.5)
        text = message or f"Merge pull request #{past.count + 1} from octo/promote/{place}/{model}"
        return past.commit(pin(place, model, version), text, when, person=PEOPLE[by])

    for at, model in enumerate((*TASKS, LONG)):
        release(model, "1.0.0", at % 3)
        move("staging", model, "1.0.0", at % 3)
    for at, model in enumerate(("digits", "sentiment", "mileage", LONG)):
        move("production", model, "1.0.0", at % 3)
    for version in ("1.1.0", "1.2.0", "1.2.1", "2.0.0"):
        release("digits", version, 0, epochs=int(version[2]) + 5)
        move("staging", "digits", version, 0)
    move("canary", "digits", "1.2.0", 1)
    moved = move("production", "digits", "1.2.0", 1)
    move("production", "digits", "1.0.0", 2, "Revert 1.2.0\n\nThis reverts commit " + "0" * 40 + ".")
    move("production", "digits", "1.2.1", 1, HOSTILE[0])
    release("sentiment", "1.1.0", 1, epochs=9)
    move("staging", "sentiment", "1.1.0", 1)
    past.tag("sentiment@v1.0.0!", moved, REASON, later(1), person=PEOPLE[2])
    past.tag("digits@v1.1.0!", moved, "leaks the label", later(1), person=PEOPLE[1])
    past.tag("digits@v9.0.0", moved, "made by hand", later(1))
    past.commit(
        {f"models/movies/{name}": None for name in ("model.yaml", "model.py", "lib/net.py")},
        "no movies any more",
        later(3),
    )
    past.commit(
        {"models/groups/model.yaml": spec_of("groups", "1.0.0", "clustering")}, "begin groups", pasts.START + 180 * DAY
    )
    return past.write(root)


def spec_of(model: str, version: str, task: str = "", epochs: int = 5) -> str:
    """Return the spec of a version."""
    spec = (registries.TEMPLATE / "models/digits/model.yaml").read_text("utf-8")
    words = " ".join(HOSTILE[1].split()).replace('"', "'")
    spec = spec.replace("version: 1.0.0", f"version: {version}").replace("epochs: 5", f"epochs: {epochs}")
    spec = spec.replace("task: classification", f"task: {task or TASKS.get(model, 'classification')}")
    spec = spec.replace("owners: [vision]", f"owners: [{OWNERS.get(model, 'nobody')}]")
    return (
        spec
        if model == "digits"
        else spec.replace("description: ", f'description: "{words} ').replace("images.\n", 'images."\n', 1)
    )
