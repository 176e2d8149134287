"""seccomp: system calls that a candidate has no use for are refused. seccomp(2).

A short list of what to refuse, not a long one of what to allow: NumPy and torch on any C library
must run, and files are Landlock's business.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from candidates.worker.system import NotAvailable, prctl

PR_SET_SECCOMP, MODE_FILTER = 22, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
CLONE_THREAD = 0x10000
X32 = 0x40000000
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# name: (number on x86_64, number on aarch64), None where the machine has no such call
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    # new processes and programs
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # network, and objects that outlive a process; socketpair stays
    "socket": (41, 198),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # what Landlock does not watch: modes, owners, times and attributes of files
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "fanotify_init": (300, 262),
    "personality": (135, 92),
}
# Allowed on ourselves only: the first argument is a process.
OWN = {"kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261)}
CLONE, CLONE3 = (56, 220), (435, 435)


def machine() -> tuple[int, int]:
    """The column of the tables and the architecture's number. Raises NotAvailable."""
    name = platform.machine()
    if name not in MACHINES:
        raise NotAvailable(f"the system calls of {name} are not in the list")
    try:
        prctl(21)  # PR_GET_SECCOMP
    except OSError as error:
        raise NotAvailable(f"the kernel offers no seccomp ({error.strerror})") from None
    return MACHINES[name]


def restrict() -> None:
    """Refuse, from here on and for all we start. Needs no_new_privs."""
    column, architecture = machine()
    program = _program(column, architecture, os.getpid())
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(head, len(head))
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(pointer))


def _program(column: int, architecture: int, process: int) -> bytes:
    """The filter: refuse what is listed, allow all else."""
    refuse, absent = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
    code = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, absent)]
    code.append((LOAD, 0, 0, NUMBER))
    if platform.machine() == "x86_64":
        code += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, absent)]
    for numbers in REFUSED.values():
        if (number := numbers[column]) is not None:
            code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, refuse)]
    # The flags of clone3 lie in memory, out of a filter's sight: the C library turns to clone.
    code += [(EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, absent)]
    code += [(EQUAL, 0, 4, CLONE[column]), (LOAD, 0, 0, FIRST_ARGUMENT)]
    code += [(ANY_BIT, 1, 0, CLONE_THREAD), (RETURN, 0, 0, refuse), (RETURN, 0, 0, ALLOW)]
    for name, numbers in OWN.items():
        allowed = [process, 0] if name == "prlimit64" else [process]
        code += [(EQUAL, 0, 3 + len(allowed), numbers[column]), (LOAD, 0, 0, FIRST_ARGUMENT)]
        code += [(EQUAL, 1 + i, 0, pid) for i, pid in reversed(list(enumerate(allowed)))]
        code += [(RETURN, 0, 0, refuse), (RETURN, 0, 0, ALLOW)]
    code.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in code)
