"""Put a Python on the path, as actions/setup-python does: the engine's own, whatever version was asked for."""

import json
import os

assert json.loads(os.environ["INPUTS"])["python-version"], "which Python?"
with open(os.environ["GITHUB_PATH"], "a") as file:
    print(os.environ["ENGINE_PATH"], file=file)
