"""The submissions in an instructor's folder: which there are, what they hold, a copy to judge."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from candidates.errors import UsageError

FORMS = (".py", ".ipynb", ".zip")
LARGEST_FILE = 256 << 20  # a data set, not code: it is neither copied nor read
LEFT_OUT = ("__pycache__", "__MACOSX")
FLUENT = re.compile(r"[\w-][\w .()-]*")
LONGEST_NAME = 120  # bytes; file systems end at 255, and a suffix comes on top


class Refused(Exception):
    """Why a submission is not even copied, in words that follow its name."""


@dataclass(frozen=True)
class Submission:
    """One entry of the folder, by its name there."""

    name: str
    path: Path

    @property
    def result_name(self) -> str:
        """The name of its result file: its own where that is fit for a file, else told by a hash.

        Names come from strangers; they hold line breaks, leading dashes and 255 bytes.
        """
        encoded = os.fsencode(self.name)
        if FLUENT.fullmatch(self.name) and len(encoded) <= LONGEST_NAME:
            return f"{self.name}.json"
        plain = re.sub(r"[^A-Za-z0-9.]+", "_", self.name)[:40].strip("._")
        return f"{plain}-{hashlib.sha256(encoded).hexdigest()[:12]}.json"


def submissions_in(folder: Path) -> tuple[list[Submission], list[str]]:
    """The submissions by name, and the names of entries that are none.

    Raises UsageError where the folder cannot be graded, in one sentence.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise UsageError(f"FOLDER must be a folder of submissions: {str(folder)!r} {what}")
    if (folder / "__init__.py").exists():
        raise UsageError(
            f"the folder {str(folder)!r} is itself a package, so it is one submission: "
            "grade the folder that holds it, or judge it alone with layerproof check"
        )
    try:
        entries = sorted(entry for entry in os.listdir(folder) if not _is_hidden(entry))
    except OSError as error:
        raise UsageError(f"the folder {str(folder)!r} cannot be read: {error.strerror}") from None
    found = [Submission(name, folder / name) for name in entries if _is_one(folder / name)]
    others = [name for name in entries if not _is_one(folder / name)]
    if not found:
        raise UsageError(
            f"the folder {str(folder)!r} holds no submission: "
            f"a submission is a {', '.join(FORMS)} file or a folder"
        )
    return found, others


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in LEFT_OUT


def _is_one(path: Path) -> bool:
    return path.suffix.lower() in FORMS or path.is_dir()


def mentions(submission: Submission, word: bytes) -> bool:
    """Whether a word stands in the code of a submission, as far as that is plain text."""
    with contextlib.suppress(Refused, OSError):
        for _, path in _content(submission):
            code = path.suffix in (".py", ".ipynb") and path.stat().st_size <= LARGEST_FILE
            if code and word in path.read_bytes():
                return True
    return False


def fingerprint(submission: Submission) -> str:
    """A hash of the submission's name and of all it holds. Raises Refused."""
    digest = hashlib.sha256(os.fsencode(submission.name))
    try:
        for inner, path in _content(submission):
            link = os.fsencode(os.readlink(path)) if inner.parts and path.is_symlink() else b""
            size = path.stat().st_size
            digest.update(b"%d:%s:%d:%s:" % (len(bytes(inner)), bytes(inner), size, link))
            if not link and size <= LARGEST_FILE:
                _hash_file(path, digest)
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def _hash_file(path: Path, digest: hashlib._Hash) -> None:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)


def stage(submission: Submission, into: Path) -> Path:
    """Copy a submission to where nothing else lies, and return its path there. Raises Refused.

    There it can import no other submission, none can shadow a module that it imports, and what it
    writes beside itself does not end up in the instructor's folder.
    """
    copy = into / submission.name
    try:
        for inner, path in _content(submission):
            target = copy / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            if inner.parts and path.is_symlink():
                target.symlink_to(os.path.relpath(path.resolve(), path.parent.resolve()))
            elif path.stat().st_size <= LARGEST_FILE:
                shutil.copyfile(path, target)
    except PermissionError as error:
        raise Refused(f"cannot be read: {error.strerror}") from None
    if not copy.exists():
        copy.mkdir()
    return copy


def put_beside(candidate: Path, helpers: Sequence[Submission]) -> None:
    """Copy what submissions import into a folder, or beside a file; what it has itself stays."""
    folder = candidate if candidate.is_dir() else candidate.parent
    for helper in helpers:
        if not (folder / helper.name).exists():
            stage(helper, folder)


def helper_at(path: Path) -> Submission:
    """A file or folder that submissions import. Raises UsageError where it cannot be read."""
    helper = Submission(path.resolve().name, path.resolve())
    try:
        fingerprint(helper)
    except Refused as error:
        raise UsageError(f"--beside: {str(path)!r} {error}") from None
    return helper


def _content(submission: Submission) -> Iterator[tuple[Path, Path]]:
    """Each regular file and link within a submission: its place there, and its path.

    A submission that is one file has the empty place. Raises OSError where it cannot be read, and
    Refused, for links that lead out too.
    """
    root = _resolved(submission)
    if not root.is_dir():
        _require_file(root)
        yield Path(), root
        return
    for folder, folders, files in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(files + folders):
            path = Path(folder, name)
            if path.is_symlink():
                yield from _link(path, root)
            elif stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(root), path


def _resolved(submission: Submission) -> Path:
    """Where a submission lies, links followed. Raises Refused where that is outside its folder."""
    root = _target(submission.path)
    if root is None:
        what = "is a link that leads nowhere" if submission.path.is_symlink() else "is not there"
        raise Refused(what)
    if submission.path.parent.resolve() not in root.parents:
        raise Refused("is a link that leads outside the folder of submissions")
    return root


def _target(path: Path) -> Path | None:
    """Where a path leads, or None where that is nowhere: into a loop, or to what is not there."""
    try:
        return path.resolve(strict=True)
    except PermissionError:
        raise
    except (OSError, RuntimeError):  # RuntimeError: a loop, before Python 3.13
        return None


def _require_file(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise Refused("is neither a file nor a folder")
    if path.stat().st_size > LARGEST_FILE:
        raise Refused(f"is larger than {LARGEST_FILE >> 20} MB")


def _link(path: Path, root: Path) -> Iterator[tuple[Path, Path]]:
    """A link within a submission, unless it leads nowhere. Raises Refused where it leads out."""
    place, target = path.relative_to(root), _target(path)
    if target is not None:
        if target != root and root not in target.parents:
            raise Refused(f"holds the link {str(place)!r}, which leads outside the submission")
        yield place, path


def _raise(error: OSError) -> None:
    raise error
