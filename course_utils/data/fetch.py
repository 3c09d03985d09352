"""Getting a recorded file or folder: staged by hand, from the cache, or downloaded, always checked.

What has its final name has been checked: a download goes to a part file, whose size is checked as
it arrives and whose sha256 is checked before it is renamed.
"""

import errno
import json
import os
import shutil
import time
import warnings
from contextlib import ExitStack, contextmanager

with warnings.catch_warnings():
    # pooch loads tqdm's bar for notebooks, which complains where ipywidgets is not installed.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

from course_utils.data.archives import ArchiveError, unpack
from course_utils.data.download import Download, MirrorError, Patience
from course_utils.data.locking import exclusive
from course_utils.data.places import Places
from course_utils.data.sources import ListedFolder, SingleFile

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
__all__ = ["DataError", "Patience", "Places", "fetch", "fetch_folder"]


class DataError(OSError):
    """A file that the course needs could not be had.

    The message names the file, its size and hash, what was found, each mirror with what went wrong
    there, and where to put the file by hand.
    """


def fetch(record, places=None, patience=None):
    """Get a recorded file.

    Looked for in ``COURSE_DATA_DIR``, then in a checkout's ``data`` folder, then in the cache, and
    downloaded at last; mirrors are tried in order.

    Parameters
    ----------
    record : course_utils.data.sources.Record
        What is wanted.
    places : Places, optional
        Where to look; by default what the environment says.
    patience : Patience, optional
        How long to wait and how often to try.

    Returns
    -------
    pathlib.Path
        A file of the recorded size and sha256; or, staged by hand, its decompressed form of the
        recorded size.

    Raises
    ------
    DataError
        When the file can be had nowhere.
    """
    return _Search(record, places or Places.from_environment(), patience or Patience()).file()


def fetch_folder(record, places=None, patience=None):
    """Get the folder that a recorded archive unpacks to.

    Parameters
    ----------
    record : course_utils.data.sources.Record
        An archive, with `unpacked` set.
    places : Places, optional
        Where to look; by default what the environment says.
    patience : Patience, optional
        How long to wait and how often to try.

    Returns
    -------
    pathlib.Path
        A folder whose files' names and sizes are those recorded, or as its own table says.

    Raises
    ------
    DataError
        When it can be had nowhere, or the archive is not safe to unpack.
    """
    return _Search(record, places or Places.from_environment(), patience or Patience()).folder()


class _Search:
    """One search for one record: what was found on the way goes into the error, if there is one."""

    def __init__(self, record, places, patience):
        self.record = record
        self.places = places
        self.patience = patience
        self.cached = places.cache.joinpath(record.folder, record.name)
        self.found = []  # (place, what is wrong there)
        self.tried = []  # (mirror, what went wrong)
        if places.data_dir is not None and not places.data_dir.is_dir():
            self._note("COURSE_DATA_DIR", f"{places.data_dir} is not a folder")

    def file(self):
        for path in self.places.staged(self.record.folder, self.record.name):
            if path.exists():
                if (problem := self._file_problem(path)) is None:
                    return path
                self._note(path, problem)
        if isinstance(self.record.unpacked, SingleFile):
            for path in self.places.staged(self.record.folder, self.record.unpacked.name):
                if path.is_file():
                    if (problem := self.record.unpacked.problem(path)) is None:
                        return path
                    self._note(path, problem)
        if self._cached_file_holds():
            return self.cached
        if self.places.offline:
            self._drop_bad_file()
            raise self._error("COURSE_OFFLINE is set, so nothing is downloaded.")
        with self._lock(self.cached):
            # Another process may have fetched it while this one waited.
            if not self._cached_file_holds():
                self._drop_bad_file()
                self._download()
        return self.cached

    def folder(self):
        contents = self.record.unpacked
        for path in self.places.staged(self.record.folder, contents.name):
            if path.is_dir():
                if (problem := contents.problem(path)) is None:
                    return path
                self._note(path, problem)
        folder = self.cached.parent / contents.name
        if self._cached_folder_holds(folder):
            return folder
        archive = self.file()
        with self._lock(folder):
            if not self._cached_folder_holds(folder):
                self._unpack(archive, folder)
        return folder

    def _note(self, place, problem):
        if (place, problem) not in self.found:
            self.found.append((place, problem))
            warnings.warn(f"passed over {place}: {problem}", stacklevel=5)

    def _file_problem(self, path):
        try:
            if not path.is_file():
                return "not a file"
            size = path.stat().st_size
            if size != self.record.size:
                return f"{size:,} bytes where {self.record.size:,} are recorded"
            if pooch.file_hash(str(path), alg="sha256") != self.record.sha256:
                return "its sha256 is not the recorded one"
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        return None

    def _cached_file_holds(self):
        if not self.cached.exists():
            return False
        problem = self._file_problem(self.cached)
        if problem is not None:
            self._note(self.cached, problem)
        return problem is None

    def _drop_bad_file(self):
        if self.cached.exists():
            try:
                self.cached.unlink()
            except OSError as error:
                raise self._cannot_write(error) from error

    def _cached_folder_holds(self, folder):
        if not folder.is_dir():
            return False
        listing = _listing_of(folder)
        contents = self.record.unpacked
        if listing.is_file():
            sizes = json.loads(listing.read_text(encoding="utf-8"))
            contents = ListedFolder(contents.name, contents.pattern, sizes)
        problem = contents.problem(folder)
        if problem is not None:
            self._note(folder, problem)
        return problem is None

    def _unpack(self, archive, folder):
        contents = self.record.unpacked
        listing = _listing_of(folder)
        try:
            if folder.exists():
                shutil.rmtree(folder)
            unpack(archive, folder, contents)
            # The archive's hash was right, so this is the truth to hold the folder against later.
            sizes = ListedFolder.of(folder, contents.pattern).sizes
            draft = listing.with_suffix(".part")
            draft.write_text(json.dumps(dict(sizes)), encoding="utf-8")
            draft.replace(listing)
        except ArchiveError as error:
            raise self._error(f"The archive {archive} {error}; nothing was unpacked.") from error
        except OSError as error:
            raise self._cannot_write(error) from error

    @contextmanager
    def _lock(self, target):
        lock = self.places.cache / ".locks" / f"{target.name}.lock"
        with ExitStack() as held:
            try:
                lock.parent.mkdir(parents=True, exist_ok=True)
                target.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(exclusive(lock, self.patience.lock, self._say_waiting))
            except TimeoutError as error:
                raise self._error(f"Gave up waiting: {error}.") from error
            except OSError as error:
                raise self._cannot_write(error) from error
            yield

    def _say_waiting(self):
        print(f"Another process is fetching {self.record.name}; waiting for it.", flush=True)

    def _download(self):
        part = self.cached.with_name(f"{self.record.name}.part")
        download = Download(self.record, part, self.patience)
        free = shutil.disk_usage(self.cached.parent).free
        missing = self.record.size - len(download)
        if free < missing:
            raise self._error(
                f"The disk is full: {missing:,} bytes are needed in {self.cached.parent}, "
                f"{free:,} are free. Make room, or name another folder in COURSE_CACHE_DIR."
            )
        for url in self.record.urls:
            reason = self._try_mirror(url, download)
            if reason is None:
                return
            self.tried.append((url, reason))
        raise self._error("No mirror delivered it.")

    def _try_mirror(self, url, download):
        """Try one mirror as often as makes sense; return why it failed, or None."""
        failures = 0
        most = len(download)
        while True:
            try:
                download.attempt(url)
                if self._file_problem(download.part) is None:
                    os.replace(download.part, self.cached)
                    return None
                download.part.unlink()
                # What was resumed may have begun at another mirror.
                reason = "wrong bytes: the sha256 is not the recorded one"
                again = download.resumed
            except MirrorError as error:
                reason, again = str(error), error.again
            except OSError as error:
                if error.errno in _DISK_FULL:
                    download.part.unlink(missing_ok=True)
                self.tried.append((url, "stopped, because the cache cannot be written"))
                raise self._cannot_write(error) from error
            have = len(download)
            failures = 0 if have > most else failures + 1
            most = max(most, have)
            if not again or failures >= self.patience.attempts:
                return reason if failures < 2 else f"{reason} ({failures} attempts)"
            time.sleep(self.patience.pause * 2 ** max(failures - 1, 0))

    def _cannot_write(self, error):
        what = error.strerror or str(error)
        if error.errno in _DISK_FULL:
            what = f"the disk is full ({what})"
        return self._error(
            f"The cache {self.places.cache} cannot be written: {what}. "
            "Name another folder in COURSE_CACHE_DIR."
        )

    def _error(self, what):
        record = self.record
        lines = [
            f"{record.title}: {record.name} is not available. {what}",
            f"Expected: {record.name}, {record.size:,} bytes, sha256 {record.sha256}.",
            "Received:",
            *(f"  {place}: {problem}" for place, problem in self.found),
        ]
        outcomes = dict(self.tried)
        lines += [f"  {url}: {outcomes.get(url, 'not tried')}" for url in record.urls]
        data_dir = self.places.data_dir or "a folder that COURSE_DATA_DIR names"
        lines += [
            "To put it there by hand, download it from one of these addresses; save it as",
            f"  {self.cached}",
            f"or, in {data_dir}, as",
            f"  {record.relative}",
        ]
        if record.unpacked is not None:
            lines.append(f"There it may also lie unpacked, as {record.unpacked.name}.")
        return DataError("\n".join(lines))


def _listing_of(folder):
    return folder.with_name(f"{folder.name}.listing.json")
