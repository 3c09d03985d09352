"""Unpacking a tar archive that may be hostile, into a folder that appears whole or not at all."""

import gzip
import shutil
import tarfile
import zlib

# A tar stream holds a header of 512 bytes a member, long names, and padding to 512 bytes.
_OVERHEAD_PER_FILE = 4_096
_OVERHEAD = 1 << 20
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
}


class ArchiveError(ValueError):
    """An archive holds what it should not hold, or is damaged."""


class _Bounded:
    """A stream of bytes that refuses to give more than it may."""

    def __init__(self, stream, most):
        self.stream = stream
        self.left = most
        self.most = most

    def read(self, size):
        content = self.stream.read(min(size, self.left + 1))
        self.left -= len(content)
        if self.left < 0:
            raise ArchiveError(f"unpacks to more than the {self.most:,} bytes that are recorded")
        return content


def member_path(name):
    """Turn a member's name into a path that stays below the folder it is unpacked into.

    Parameters
    ----------
    name : str
        Name in the archive.

    Returns
    -------
    tuple of str
        The parts of a relative path: plain names on POSIX and on Windows.

    Raises
    ------
    ArchiveError
        When the name is absolute, climbs out with ``..``, or means something else on another
        system (a drive, a backslash, a trailing dot or space).
    """
    if name.startswith("/"):
        raise ArchiveError(f"holds a member with an absolute path: {name!r}")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if not parts:
        raise ArchiveError(f"holds a member without a name: {name!r}")
    for part in parts:
        if part == "..":
            raise ArchiveError(f"holds a member that climbs out of its folder: {name!r}")
        if set(part) & set('\\:*?"<>|') or min(part) < " " or part[-1] in ". ":
            raise ArchiveError(f"holds a member whose name is not portable: {name!r}")
    return parts


def unpack(archive, folder, contents):
    """Unpack a gzip-compressed tar archive; one process at a time.

    Only plain files and folders are accepted. They get this user's ordinary permissions, whatever
    the archive says.

    Parameters
    ----------
    archive : pathlib.Path
        The archive.
    folder : pathlib.Path
        Final place of the archive's folder `contents.name`; it must not exist yet, and its parent
        must. What the archive holds beside that folder is left out.
    contents : course_utils.data.sources.ListedFolder or CountedFolder
        Bounds on what may come out: the name of its one folder, number of files, bytes.

    Raises
    ------
    ArchiveError
        When the archive is damaged, holds anything but plain files and folders below its own
        place, or unpacks to more than recorded. Nothing is left behind.
    OSError
        When the files cannot be written. Nothing is left behind.
    """
    scratch = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(scratch, ignore_errors=True)  # left by a process that was killed
    try:
        scratch.mkdir()
        _unpack_into(archive, scratch, contents)
        unpacked = scratch / contents.name
        if not unpacked.is_dir():
            raise ArchiveError(f"holds no folder {contents.name!r}")
        unpacked.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack_into(archive, scratch, contents):
    # A few files more than listed (a licence, a readme) are usual.
    most_files = contents.most_files + 100
    most_bytes = contents.most_bytes + most_files * _OVERHEAD_PER_FILE + _OVERHEAD
    try:
        with gzip.open(archive) as stream:
            bounded = _Bounded(stream, most_bytes)
            with tarfile.open(fileobj=bounded, mode="r|") as tar:
                for count, member in enumerate(tar):
                    if count > 2 * most_files:
                        raise ArchiveError(f"holds more than {2 * most_files:,} members")
                    _unpack_member(tar, member, scratch)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ArchiveError(f"is damaged ({error})") from error


def _unpack_member(tar, member, scratch):
    path = scratch.joinpath(*member_path(member.name))
    if not (member.isdir() or (member.isreg() and not member.issparse())):
        kind = _KINDS.get(member.type, "a member of a special kind")
        raise ArchiveError(f"holds {kind}: {member.name!r}")
    try:
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "xb") as file:
                shutil.copyfileobj(tar.extractfile(member), file)
    except (FileExistsError, NotADirectoryError) as error:
        raise ArchiveError(f"holds {member.name!r} twice") from error
