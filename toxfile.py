"""What tox.ini can't say: tox loads this plugin from beside it."""

from tox.plugin import impl


@impl
def tox_before_run_commands(tox_env) -> None:
    """Let other runs of tox begin while this one goes on.

    tox takes a lock to fetch tox-uv and keeps it until the last command has ended: while `serve` runs, `deploy` would
    wait in silence.
    """
    (tox_env.core["work_dir"] / ".tox" / "file.lock").unlink(missing_ok=True)
