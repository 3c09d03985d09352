"""Getting a recorded file or folder: staged by hand, from the cache, or downloaded, always checked.

What has its final name has been checked: a download goes to a part file, which is renamed once it
is what is recorded. pooch hashes; it would start over after a cut, so that is done here.
"""

import errno
import os
import shutil
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

with warnings.catch_warnings():
    # pooch loads tqdm's bar for notebooks, which complains where ipywidgets is not installed.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

CHECKOUT = Path(__file__).resolve().parents[2]

_CHUNK = 1 << 16
_ANNOUNCED_FROM = 10_000_000  # bytes
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DataError(OSError):
    """A file that the course needs could not be had.

    The message names the file, its size and hash, what was found, each mirror with what went wrong
    there, and where to put the file by hand.
    """


@dataclass(frozen=True)
class DataFolders:
    """Where data are looked for."""

    cache: Path  # where downloads are kept
    data_dir: Path | None = None  # named by COURSE_DATA_DIR: looked in first, never written to
    own: Path | None = None  # `data` of a checkout, which holds the course's own weights
    offline: bool = False  # True when nothing may be downloaded

    @classmethod
    def from_environment(cls):
        """Read ``COURSE_DATA_DIR``, ``COURSE_CACHE_DIR`` and ``COURSE_OFFLINE``.

        The cache is ``COURSE_CACHE_DIR``, else ``data/cache`` of a checkout, else the user's cache
        folder as pooch names it.
        """
        own = CHECKOUT / "data"
        own = own if own.is_dir() and (CHECKOUT / "pyproject.toml").is_file() else None
        cache = os.environ.get("COURSE_CACHE_DIR")
        cache = cache or (own / "cache" if own else pooch.os_cache("keras-vision-course"))
        data_dir = os.environ.get("COURSE_DATA_DIR")
        return cls(
            cache=Path(os.path.expanduser(cache)).absolute(),
            data_dir=Path(os.path.expanduser(data_dir)).absolute() if data_dir else None,
            own=own,
            offline=os.environ.get("COURSE_OFFLINE", "") not in ("", "0"),
        )

    def staged(self, folder, name):
        """List where a file or folder staged by hand may lie, in the order of trying.

        That is in the data set's folder (none if it is ""), then at the top.
        """
        roots = [root for root in (self.data_dir, self.own) if root is not None]
        return [root / place / name for root in roots for place in dict.fromkeys((folder, ""))]


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often to try."""

    connect: float = 10.0  # seconds
    read: float = 30.0  # seconds without a byte
    attempts: int = 3  # so many in a row that bring nothing new end the tries at a mirror
    pause: float = 1.0  # seconds before the second one, doubled before each further one


def fetch(record, folders=None, patience=None):
    """Get a recorded file; parameters and errors as of `fetch_folder`."""
    return _Search(record, folders, patience).file()


def fetch_folder(record, folders=None, patience=None):
    """Get the folder that a recorded archive unpacks to.

    Looked for in ``COURSE_DATA_DIR``, then in a checkout's ``data`` folder, then in the cache, and
    downloaded at last; mirrors are tried in order, and what was cut off goes on.

    Parameters
    ----------
    record : course_utils.data.sources.Record
    folders : DataFolders, optional
        Where to look; by default what the environment says.
    patience : Patience, optional

    Returns
    -------
    pathlib.Path
        A folder whose files are those recorded, or as its own table says.

    Raises
    ------
    DataError
        When it can be had nowhere.
    """
    return _Search(record, folders, patience).folder()


class _Failed(Exception):  # noqa: N818 - an outcome of one attempt
    """A mirror did not deliver: `reason`, and whether trying `again` may help."""

    def __init__(self, reason, again):
        super().__init__(reason)
        self.again = again


class _Search:
    """One search for one record: what was found on the way goes into the error, if there is one."""

    def __init__(self, record, folders, patience):
        self.record = record
        self.folders = folders or DataFolders.from_environment()
        self.patience = patience or Patience()
        self.cached = self.folders.cache.joinpath(record.folder, record.name)
        self.found = {}  # what is wrong with what lies where
        self.tried = {}  # what went wrong at which mirror
        data_dir = self.folders.data_dir
        if data_dir is not None and not data_dir.is_dir():
            self._pass_over("COURSE_DATA_DIR", f"{data_dir} is not a folder")

    def file(self):
        for path in (*self.folders.staged(self.record.folder, self.record.name), self.cached):
            if path.exists() and self._holds(path, self._file_problem):
                return path
        if self.folders.offline:
            raise self._error("COURSE_OFFLINE is set, so nothing is downloaded.")
        try:
            self.cached.parent.mkdir(parents=True, exist_ok=True)
            delivered = self._download()
        except OSError as error:
            raise self._cannot_write(error) from error
        if not delivered:
            raise self._error("No mirror delivered it.")
        return self.cached

    def folder(self):
        contents = self.record.contents
        cached = self.cached.with_name(contents.name)
        for path in (*self.folders.staged(self.record.folder, contents.name), cached):
            if path.is_dir() and self._holds(path, contents.problem):
                return path
        archive = self.file()
        try:
            self._unpack(archive, cached)
        except OSError as error:
            raise self._cannot_write(error) from error
        return cached

    def _holds(self, path, problem_of):
        """Tell whether a file or folder is as recorded; if not, say so and go on."""
        try:
            problem = problem_of(path)
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
        if problem is not None:
            self._pass_over(path, problem)
        return problem is None

    def _pass_over(self, place, problem):
        if place not in self.found:
            warnings.warn(f"passed over {place}: {problem}", stacklevel=5)
        self.found[place] = problem

    def _file_problem(self, path):
        size = path.stat().st_size
        if not path.is_file():
            return "not a file"
        if not self.record.sha256:
            return self._archive_problem(path)
        if size != self.record.size:
            return f"{size:,} bytes where {self.record.size:,} are recorded"
        if pooch.file_hash(str(path), alg="sha256") != self.record.sha256:
            return "its sha256 is not the recorded one"
        return None

    def _archive_problem(self, path):
        """Say what is wrong with an archive whose own bytes may differ; None if nothing is."""
        try:
            with self._unpacked(path) as folder:
                return self.record.contents.problem(folder)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return "not a whole zip archive"

    @contextmanager
    def _unpacked(self, archive, parent=None):
        """Unpack an archive below a folder, by default the system's for temporary files."""
        contents = self.record.contents
        with tempfile.TemporaryDirectory(dir=parent, prefix=f".{contents.name}-") as scratch:
            if self.record.name.endswith(".zip"):
                with zipfile.ZipFile(archive) as zipped:
                    zipped.extractall(scratch, contents.members or None)
            else:
                with tarfile.open(archive, "r:gz") as tar:
                    # Python 3.11.3 and older have no filter; the sha256 is right in any case.
                    tar.extraction_filter = getattr(
                        tarfile, "data_filter", lambda member, _: member
                    )
                    tar.extractall(scratch)
            yield Path(scratch, contents.inside or contents.name)

    def _unpack(self, archive, folder):
        """Unpack into a folder of its own, which takes its final name when it is whole."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with self._unpacked(archive, folder.parent) as unpacked:
            shutil.rmtree(folder, ignore_errors=True)
            try:
                unpacked.rename(folder)
            except OSError:
                if not folder.is_dir():  # as it is where another process was faster
                    raise
        if archive == self.cached:
            archive.unlink(missing_ok=True)

    def _download(self):
        """Try the mirrors in their order, and tell whether one delivered the file."""
        if self.record.size > _ANNOUNCED_FROM:
            print(
                f"{self.record.title}: {self.record.name}, {self.record.size / 1e6:,.0f} MB, is "
                f"downloaded once, to {self.cached.parent}. Licence: {self.record.licence}."
            )
        part = self._claim_part()
        try:
            for url in self.record.urls:
                try:
                    self._try_mirror(url, part)
                except _Failed as failure:
                    self.tried[url] = str(failure)
                else:
                    part.replace(self.cached)
                    return True
        except OSError as error:
            if error.errno in _DISK_FULL:
                os.truncate(part, 0)
            raise
        finally:
            if part.exists() and part.stat().st_size:
                os.utime(part, (0, 0))  # at rest: the next try may go on from it at once
            else:
                part.unlink(missing_ok=True)
        return False

    def _claim_part(self):
        """Return a part file that no other process writes to; it may hold what one left."""
        part = self.cached.with_name(f"{self.record.name}.part")
        try:
            part.touch(exist_ok=False)
        except FileExistsError:
            # A download that lives writes all the time; one that was killed does not.
            if time.time() - part.stat().st_mtime < 2 * self.patience.read:
                part = part.with_name(f"{part.name}-{os.getpid()}")
                part.touch()
        return part

    def _try_mirror(self, url, part):
        """Try one mirror as often as makes sense, or raise `_Failed` with its last reason."""
        failures, most = 0, part.stat().st_size
        while True:
            try:
                resumed = self._request(url, part)
                problem = self._file_problem(part)
                if problem is None:
                    return
                os.truncate(part, 0)
                # What was resumed may have begun at another mirror.
                failure = _Failed(f"wrong bytes: {problem}", again=resumed)
            except _Failed as error:
                failure = error
            have = part.stat().st_size
            failures = 0 if have > most else failures + 1
            most = max(most, have)
            if not failure.again or failures >= self.patience.attempts:
                tries = f" ({failures} attempts)" if failures > 1 else ""
                raise _Failed(f"{failure}{tries}", again=False)
            time.sleep(self.patience.pause * 2 ** max(failures - 1, 0))

    def _request(self, url, part):
        """Ask once for what the part file lacks; return whether it was added to older bytes."""
        import requests  # slow to import, and not needed when nothing is downloaded
        from urllib3.exceptions import HTTPError, ProtocolError  # comes with requests

        have, failed = part.stat().st_size, None
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        timeout = (self.patience.connect, self.patience.read)
        try:
            with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
                resumed = self._continues(response, have, part)
                with open(part, "ab") as file, self._bar(file.tell()) as bar:
                    # read1 returns what has arrived. Nothing is decoded: a server that labels a
                    # .gz file as encoded would change it.
                    while chunk := response.raw.read1(_CHUNK, decode_content=False):
                        file.write(chunk)
                        bar.update(len(chunk))
                        if self.record.sha256 and file.tell() > self.record.size:
                            file.truncate(0)
                            more = f"wrong size: sends more than {self.record.size:,} bytes"
                            raise _Failed(more, again=False)
        except ProtocolError:
            failed = "cut off"
        except (requests.RequestException, HTTPError) as error:
            failed = f"{_first_cause(error)},"
        have = part.stat().st_size
        short = have < self.record.size if self.record.sha256 else failed is not None
        if short:
            reason = f"{failed or 'cut off'} after {have:,} of {self.record.length}"
            raise _Failed(reason, again=True)
        return resumed

    def _continues(self, response, have, part):
        """Check status and size of an answer; tell whether it goes on where the part file ends."""
        status, start = response.status_code, response.headers.get("Content-Range", "")
        if status == 416 or (status == 206 and not start.startswith(f"bytes {have}-")):
            os.truncate(part, 0)
            raise _Failed("refused to go on where the download stopped", again=True)
        if status not in (200, 206):
            again = status >= 500 or status in (408, 425, 429)
            raise _Failed(f"HTTP {status} {response.reason}".rstrip(), again)
        if status == 200:
            have = 0
        length = response.headers.get("Content-Length", "")
        if self.record.sha256 and length.isdecimal() and int(length) + have != self.record.size:
            offered = f"offers {int(length) + have:,} bytes, not {self.record.size:,}"
            raise _Failed(f"wrong size: {offered}", again=False)
        os.truncate(part, have)
        return have > 0

    def _bar(self, have):
        """Make a progress bar, where stderr is a terminal or a notebook."""
        return tqdm(
            total=self.record.size,
            initial=have,
            desc=self.record.name,
            unit="B",
            unit_scale=True,
            ncols=79,
            mininterval=0.5,
            disable=not (sys.stderr.isatty() or "ipykernel" in sys.modules),
        )

    def _cannot_write(self, error):
        what = error.strerror or str(error)
        if error.errno in _DISK_FULL:
            what = f"the disk is full ({what}); {self.record.length} are needed"
        return self._error(
            f"The cache {self.folders.cache} cannot be written: {what}. "
            "Name another folder in COURSE_CACHE_DIR."
        )

    def _error(self, what):
        record, contents = self.record, self.record.contents
        sha256 = f"sha256 {record.sha256}"
        if not record.sha256:
            sha256 = f"{contents.count:,} files in it with sha256 {contents.digest} over all"
        data_dir = self.folders.data_dir or "a folder that COURSE_DATA_DIR names"
        lines = [
            f"{record.title}: {record.name} is not available. {what}",
            f"Expected: {record.name}, {record.length}, {sha256}.",
            "Received:",
            *(f"  {place}: {problem}" for place, problem in self.found.items()),
            *(f"  {url}: {self.tried.get(url, 'not tried')}" for url in record.urls),
            "To put it there by hand, download it from one of these addresses; save it as",
            f"  {self.cached}",
            f"or, in {data_dir}, as",
            f"  {record.relative}",
        ]
        if contents:
            of_it = f"its folder {contents.inside} " if contents.inside else ""
            lines.append(f"There it may also lie unpacked, {of_it}as {contents.name}.")
        return DataError("\n".join(lines))


def _first_cause(error):
    """Reduce a chain of wrapped exceptions to the words of the first cause."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
