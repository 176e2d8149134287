"""Landlock: which files this process, and all it starts, may still reach. landlock(7)."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterable, Sequence

from candidates.worker.system import NotAvailable, syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
NEWER = {2: 1 << 13, 3: TRUNCATE, 5: IOCTL}  # ABI: the access to files that it added
FIRST = (1 << 13) - 1
TCP, SCOPES = 3, 3  # bind and connect (ABI 4); abstract sockets and signals outwards (ABI 6)

READ = READ_FILE | READ_DIR
USE = READ_FILE | WRITE_FILE


def abi() -> int:
    """The version of Landlock that the kernel offers. Raises NotAvailable where there is none."""
    try:
        return syscall("landlock_create_ruleset", CREATE_RULESET, None, 0, VERSION)
    except OSError as error:
        raise NotAvailable(f"the kernel offers no Landlock ({error.strerror})") from None


def restrict(
    readable: Iterable[str], writable: Sequence[str], usable: Sequence[str], version: int
) -> None:
    """From here on: read beneath `readable`, anything but run beneath `writable`, and read and
    write the device files `usable`. Paths that do not exist are left out."""
    handled = FIRST | sum(access for since, access in NEWER.items() if version >= since)
    tcp, scopes = TCP * (version >= 4), SCOPES * (version >= 6)
    attributes = struct.pack("<QQQ", handled, tcp, scopes)
    ruleset = syscall("landlock_create_ruleset", CREATE_RULESET, attributes, len(attributes), 0)
    for path in readable:
        _allow(ruleset, path, READ & handled)
    for path in writable:
        _allow(ruleset, path, handled & ~EXECUTE)
    for path in usable:
        _allow(ruleset, path, (USE | IOCTL) & handled)
    syscall("landlock_restrict_self", RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        access &= OF_FILES
    rule = struct.pack("<Qi", access, descriptor)
    syscall("landlock_add_rule", ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
    os.close(descriptor)


def without(roots: Iterable[str], excluded: Sequence[str]) -> list[str]:
    """Paths that cover everything beneath `roots` but what is beneath `excluded`.

    Landlock knows no exceptions: a folder with an exception is replaced by what else is in it.
    """
    found = []
    for path in roots:
        if path in excluded:
            continue
        root = os.path.realpath(path) if os.path.islink(path) else path
        if any(root == other or root.startswith(other + "/") for other in excluded):
            continue
        inside = [other for other in excluded if other.startswith(root + "/")]
        if not inside:
            found.append(root)
        elif os.path.isdir(root):
            found += without((f"{root}/{name}" for name in sorted(os.listdir(root))), inside)
    return found
