"""Run the whole loop in a temporary copy: nothing of your checkout or your Git configuration is touched."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from registry import console, git
from registry.errors import refuse

PYTHON = sys.executable
MODEL = "models/digits"
SPEC = f"{MODEL}/model.yaml"
SHADES = " .:-=+*#%@"
IDENTITY = {
    "GIT_AUTHOR_NAME": "demo", "GIT_AUTHOR_EMAIL": "demo@example.org",
    "GIT_COMMITTER_NAME": "demo", "GIT_COMMITTER_EMAIL": "demo@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


class Demo:
    """A temporary copy of the repository, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | IDENTITY

    def run(self, command: str, *, fails: bool = False) -> None:
        """Show a command, run it, and stop the demo when it ends otherwise than it should."""
        console.say(f"\n$ {command}")
        words = [PYTHON if word == "python" else word for word in shlex.split(command)]
        done = subprocess.run(words, cwd=self.folder, env=self.environment, stderr=subprocess.STDOUT)
        if (done.returncode != 0) != fails:
            raise refuse("demo", f"`{command}` ended with exit code {done.returncode}; the copy lies in {self.folder}")
        if fails:
            note("refused, as it should be: exit code 1")

    def commit(self, message: str) -> None:
        """Commit everything, as merging a pull request would."""
        self.run("git add --all")
        self.run(f"git commit --quiet --message {shlex.quote(message)}")

    def edit(self, place: str, old: str, new: str) -> None:
        """Change one line of a file, and show it."""
        path = self.folder / place
        text = path.read_text("utf-8")
        if not re.search(old, text, re.MULTILINE):
            raise refuse(place, f"holds no line like {old!r}; the demo wants to change it to {new!r}")
        changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
        if changed != text:
            path.write_text(changed, "utf-8")
            console.say(f"\n# in {place}: {new.strip()}")

    def release(self, version: str, message: str) -> None:
        """Build, publish, and take a version through staging to production."""
        self.commit(message)
        self.run("python scripts/build.py digits")
        note("look at the accuracy beside its threshold, here and in candidates/digits/report.md")
        self.run("python scripts/publish.py digits")
        note(f"look at releases/digits@v{version}/model-card.md, and `git show --no-patch digits@v{version}`")
        for name in ("staging", "production"):
            self.run(f"python scripts/promote.py digits {name}")
            note(f"look at environments/{name}/digits.yaml: two lines that a pull request would change")
            self.commit(f"promote digits to {name}")
            self.run(f"python scripts/deploy.py {name} --apply")
            note(f"look at deployments/{name}/digits, in TensorFlow Serving's layout")


class Server:
    """`serve` in the background, asked all the time whether it still answers."""

    def __init__(self, demo: Demo, environment: str) -> None:
        console.say(f"\n$ python scripts/serve.py {environment} --port 0 &")
        self.process = subprocess.Popen(
            [PYTHON, "scripts/serve.py", environment, "--port", "0"],
            cwd=demo.folder, env=demo.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.address = self._find_address()
        self.answered = self.failed = 0
        self.stopping = threading.Event()
        self.asking = threading.Thread(target=self._ask_always, daemon=True)

    def _find_address(self) -> str:
        for line in self.process.stdout:
            console.say(line.rstrip())
            if found := re.search(r"http://[^/\s]+:\d+", line):
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return found[0]
        raise refuse("demo", "serve did not start")

    def versions(self) -> list[str]:
        """Return the versions that the server offers, as TensorFlow Serving's integers."""
        states = self._get("/v1/models/digits")["model_version_status"]
        return [one["version"] for one in states if one["state"] == "AVAILABLE"]

    def predict(self, row: list) -> list[float]:
        """Return what the server answers for one image."""
        body = json.dumps({"instances": [row]}).encode()
        return self._get("/v1/models/digits:predict", body)["predictions"][0]

    def watch(self, row: list) -> None:
        """Ask many times a second from now on, and count what fails."""
        self.row = row
        self.asking.start()

    def wait_for(self, version: str) -> None:
        """Wait until the server answers with one version only."""
        deadline = time.monotonic() + 30
        while self.versions() != [version]:
            if time.monotonic() > deadline:
                raise refuse("demo", f"the server offers {self.versions()}, not {version}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop asking, then stop the server."""
        self.stopping.set()
        if self.asking.is_alive():
            self.asking.join()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def _ask_always(self) -> None:
        while not self.stopping.wait(0.02):
            try:
                self.predict(self.row)
                self.answered += 1
            except OSError:
                self.failed += 1

    def _get(self, path: str, body: bytes | None = None) -> dict:
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def main() -> None:
    console.parser(__doc__, "tox run -e demo").parse_args()
    start = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="model-registry-demo-"))
    demo = Demo(folder)
    copy(git.root(), demo)
    tell("A model is a folder with a spec and code. Everything that people write is checked.")
    demo.run("python scripts/validate.py")
    tell("The spec is trained and judged: the accuracy stands beside its threshold. Then it is released and promoted.")
    demo.edit(SPEC, r"^version: .*$", "version: 1.0.0")
    demo.release("1.0.0", "start")
    server = Server(demo, "production")
    try:
        serve_and_change(demo, server)
    finally:
        server.stop()
    tell("What runs where?")
    demo.run("python scripts/status.py")
    tell(f"Done in {time.monotonic() - start:.0f} s. The copy lies in {folder} until you take it away:\n"
         "see releases/, deployments/, and `git log --oneline --decorate` there.\n"
         f"Next: edit {SPEC} in your own checkout, then `tox run -e validate`.")  # fmt: skip


def serve_and_change(demo: Demo, server: Server) -> None:
    from registry.artifacts import golden

    known = golden.read(next(demo.folder.glob("deployments/production/digits/*/saved_model.pb")).parent)
    (images,), label = known.inputs.values(), known.labels[0]
    image = images[0].tolist()
    tell("A digit that training never saw, asked over HTTP:")
    draw(image)
    answer = server.predict(image)
    guess = answer.index(max(answer))
    console.say(f"the label is {label}; the server says {guess} ({max(answer):.1%} sure)")
    server.watch(image)
    tell("A change for the worse is refused by the gate.")
    demo.edit(SPEC, r"^  epochs: \d+$", "  epochs: 1")
    demo.edit(SPEC, r"^  learning_rate: .*$", "  learning_rate: 0.00001")
    demo.edit(SPEC, r"^version: .*$", "version: 1.1.0")
    demo.run("python scripts/build.py digits", fails=True)
    demo.run("python scripts/publish.py digits", fails=True)
    tell("More epochs are better, but so much recall of each digit can't be told on so few rows: no pass either.")
    demo.edit(SPEC, r"^  epochs: 1$", "  epochs: 8")
    demo.edit(SPEC, r"^  learning_rate: .*$", "  learning_rate: 0.001")
    demo.edit(SPEC, r"^  folds: .*$", "  folds: 0")
    demo.edit(SPEC, r"^  recall: .*$", "  recall: {min: 0.93, slice: worst}")
    demo.run("python scripts/build.py digits", fails=True)
    tell("With limits that these rows can tell it becomes 1.1.0 and goes through.")
    demo.edit(SPEC, r"^  folds: .*$", "  folds: 5")
    demo.edit(SPEC, r"^  recall: .*$", "  recall: {min: 0.80, slice: worst}")
    demo.run("python scripts/changed.py")
    demo.release("1.1.0", "train longer")
    server.wait_for("1001000")
    note("the server answers with 1.1.0")
    tell("Roll back: revert the commit that pinned 1.1.0, and deploy.")
    demo.run("git revert --no-edit HEAD")
    demo.run("python scripts/deploy.py production --apply")
    server.wait_for("1000000")
    if server.failed or not server.answered:
        raise refuse("serve", f"{server.answered:,} requests were answered and {server.failed} failed meanwhile")
    note(f"the server answers with 1.0.0 again; {server.answered:,} requests answered meanwhile, none failed")


def copy(root: Path, demo: Demo) -> None:
    """Copy what Git tracks or could track, but for other models than the demo's, into a repository of its own."""
    if not (root / SPEC).is_file():
        raise refuse(MODEL, "is gone, and is what the demo shows; run it in a clone of the template")
    for name in git.files(root, "."):
        is_other = name.startswith("models/") and not name.startswith(f"{MODEL}/")
        if (root / name).is_file() and not is_other:
            (demo.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, demo.folder / name)
    shutil.rmtree(demo.folder / "environments" / "staging", ignore_errors=True)
    shutil.rmtree(demo.folder / "environments" / "production", ignore_errors=True)
    console.say(f"a copy of this repository in {demo.folder}")
    demo.run("git init --quiet --initial-branch=main .")


def draw(image: list) -> None:
    """Draw a grey image in the terminal."""
    for row in image:
        shades = (SHADES[min(int(pixel[0] * len(SHADES)), len(SHADES) - 1)] for pixel in row)
        if line := "".join(shade * 2 for shade in shades).rstrip():
            console.say(f"    {line}")


def tell(text: str) -> None:
    console.say(f"\n== {text}")


def note(text: str) -> None:
    console.say(f"→ {text}")


if __name__ == "__main__":
    console.run(main)
