"""Linux namespaces: processes, network and mounts that a candidate has for itself.

namespaces(7), user_namespaces(7), mount_setattr(2). A server enters the shared ones once, each
worker gets processes and mounts of its own.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

from candidates.worker.system import call, syscall

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
SHARED = {"network": NEWNET, "interprocess communication": NEWIPC, "mounts": NEWNS}

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 1 << 14, 1 << 18
MOUNT_SETATTR, MOUNT_ATTR_RDONLY, AT_FDCWD, AT_RECURSIVE = 442, 1, -100, 0x8000
CAPABILITY_VERSION, DAC_READ_SEARCH = 0x20080522, 1 << 2


def unshare(flags: int) -> None:
    call("unshare", ctypes.c_int(flags))


def become_user() -> None:
    """Enter a user namespace in which we are who we were: it lets anybody make the others."""
    user, group = os.geteuid(), os.getegid()
    unshare(NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    texts = [text.encode() or None for text in (source, target, kind)]
    call("mount", *texts, ctypes.c_ulong(flags), options.encode() or None)


def private_mounts() -> None:
    """Mounts of our own: what is mounted from here on is seen by nobody else."""
    unshare(NEWNS)
    _mount("none", "/", "", MS_REC | MS_PRIVATE)


def read_only() -> None:
    """Every mount there is becomes read-only for us. Device files can still be written to."""
    attributes = struct.pack("<QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    arguments = (AT_FDCWD, b"/", AT_RECURSIVE, attributes, len(attributes))
    syscall("mount_setattr", MOUNT_SETATTR, *arguments)


def writable(folder: str, megabytes: int) -> None:
    """An empty folder in memory, of a bounded size, gone with the last process that sees it."""
    options = f"size={megabytes}m,mode=0700"
    _mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, options)


def own_processes_only() -> None:
    """A /proc that shows the processes of our own namespace alone."""
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def drop_capabilities(keep: int = 0) -> None:
    """Give up every capability that is not in the set `keep`; with no_new_privs for good."""
    header = struct.pack("<Ii", CAPABILITY_VERSION, 0)
    sets = struct.pack("<IIIIII", keep, keep, 0, 0, 0, 0)
    call("capset", header, sets)
