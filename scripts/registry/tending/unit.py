"""A unit for systemd that lets an agent run with hardly any rights. Pure."""

from collections.abc import Iterable, Sequence
from string import Template

UNIT = Template("""\
# /etc/systemd/system/models-agent-$environment.service
[Unit]
Description=$environment follows main
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
User=$user
WorkingDirectory=$root
# GITHUB_TOKEN=... in a file that only root may read; without one public releases and a deploy key do
EnvironmentFile=-/etc/models-agent.env
ExecStart=$command
Restart=always
RestartSec=5
SuccessExitStatus=143

# it reads all, and writes what it deploys and what Git fetches; it needs no right of root's
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=$writable
PrivateTmp=true
PrivateDevices=true
PrivateMounts=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
NoNewPrivileges=true
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
RemoveIPC=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
""")


def text(environment: str, user: str, root: str, command: Sequence[str], writable: Iterable[str]) -> str:
    """Return the unit of an environment's agent: who runs it, in which clone, how, and which folders it writes."""
    return UNIT.substitute(
        environment=environment,
        user=user,
        root=_plain(root),
        command=" ".join(map(_word, command)),
        writable=" ".join(map(_word, writable)),
    )


def _plain(word: str) -> str:
    """A setting of one path takes it as it is; systemd puts something else in place of what follows a `%`."""
    return word.replace("%", "%%")


def _word(word: str) -> str:
    """One of several words, quoted where it has to be; `$` begins a variable."""
    safe = _plain(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{safe}"' if not safe or set(safe) & set(" \t'\"\\;") else safe
