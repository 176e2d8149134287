"""A candidate that comes as a zip file: unpacked into a private folder, within limits."""

from __future__ import annotations

import contextlib
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from candidates.errors import UsageError
from candidates.worker.loading import Target

MAX_MEMBERS = 10_000
MAX_TOTAL = 200 << 20
MAX_MEMBER = 10 << 20  # larger ones are data, which no layer needs
BLOCK = 1 << 16


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The path to load: the path itself, or the folder that a zip file was unpacked into."""
    target = Target.of(path)
    if target.path.suffix != ".zip" or not target.path.is_file():
        yield path
        return
    if target.object:
        raise UsageError(
            f"an object is taken from a module, not from a zip file, got {str(path)!r}"
        )
    with tempfile.TemporaryDirectory(prefix="layerproof-") as folder:
        unpack(target.path, Path(folder))
        yield Path(folder)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack what lies inside the limits. Raises UsageError for what no honest archive holds."""
    try:
        with zipfile.ZipFile(archive) as file:
            members = file.infolist()
            if len(members) > MAX_MEMBERS:
                raise UsageError(f"{archive} holds more than {MAX_MEMBERS} files")
            for member in members:
                _check(archive, member)
            _extract(archive, file, members, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UsageError(f"{archive} is no zip file that can be unpacked: {error}") from None
    except OSError as error:
        raise UsageError(f"{archive} cannot be unpacked: {error.strerror or error}") from None


def _check(archive: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename
    for kind in (PurePosixPath(name), PureWindowsPath(name)):
        if kind.is_absolute() or kind.drive or ".." in kind.parts:
            raise UsageError(f"{archive} holds {name!r}, which lies outside of it")
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise UsageError(f"{archive} holds a symbolic link, {name!r}")
    if member.flag_bits & 1:
        raise UsageError(f"{archive} is encrypted")


def _extract(
    archive: Path, file: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path
) -> None:
    """Write the members, counting what really comes out of them."""
    total = 0
    for member in members:
        place = folder.joinpath(*PurePosixPath(member.filename).parts)
        if member.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        with file.open(member) as source, place.open("wb") as target:
            while size <= MAX_MEMBER and (block := source.read(BLOCK)):
                size += len(block)
                target.write(block)
        if size > MAX_MEMBER:
            place.unlink()
        total += size
        if total > MAX_TOTAL:
            raise UsageError(f"{archive} unpacks to more than {MAX_TOTAL >> 20} MB")
