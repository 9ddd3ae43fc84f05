"""Keeping a process, and all that it starts, off the network: Linux alone lets it do that by itself."""

import ctypes
import errno
import os
import struct
import sys

NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2  # of prctl(2)
LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of seccomp(2)'s filters
NUMBER, ARCHITECTURE, FIRST = 0, 4, 16  # where a call's number, its machine and its first argument stand
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOCAL, ANOTHER_MACHINE, RINGS = 1, 0x40000000, 425  # AF_UNIX; numbers of x32; io_uring_setup, which can make sockets
SOCKETS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # the machine, and its number of socket(2)


def go() -> bool:
    """Refuse every socket but those within this machine, in this thread and in all that it starts, for good.

    Whoever asks is told that the network is unreachable. False where that can't be done: the network stays then.
    """
    if sys.platform != "linux" or os.uname().machine not in SOCKETS:
        return False
    code = b"".join(_program(*SOCKETS[os.uname().machine]))
    held = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held)))
    control = ctypes.CDLL(None, use_errno=True).prctl
    whole = [ctypes.c_ulong(0)] * 3
    if control(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), *whole) != 0:
        return False
    return control(SECCOMP, ctypes.c_ulong(FILTER), ctypes.byref(program), *whole[:2]) == 0


def _program(machine: int, socket: int) -> list[bytes]:
    """Return the filter: of seccomp(2), each line says how many to skip where it holds, and where it does not."""
    unreachable, unknown = REFUSE | errno.ENETUNREACH, REFUSE | errno.ENOSYS
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUALS, 0, 8, machine),  # another: 32 bits
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 6, 0, ANOTHER_MACHINE),
        (EQUALS, 5, 0, RINGS),
        (EQUALS, 1, 0, socket),
        (RETURN, 0, 0, ALLOW),
        (LOAD, 0, 0, FIRST),
        (EQUALS, 2, 0, LOCAL),
        (RETURN, 0, 0, unreachable),
        (RETURN, 0, 0, unknown),
        (RETURN, 0, 0, ALLOW),
    ]
    return [struct.pack("HBBI", *line) for line in lines]
