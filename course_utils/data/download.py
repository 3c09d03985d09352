"""A download that goes on where it stopped, notices a stall and checks sizes early.

pooch, which the course uses for the rest, starts over after a cut and waits through a trickle.
"""

import re
import sys
import time
from dataclasses import dataclass

# Slower than this over a whole `Patience.read` interval counts as a stall: bytes a second.
SLOWEST = 1_000
_CHUNK = 1 << 16
_TRY_AGAIN = frozenset({408, 425, 429})
_BAR_FROM = 1_000_000


@dataclass(frozen=True)
class Patience:
    """How long to wait and how often to try, in seconds and counts.

    Parameters
    ----------
    connect : float
        Seconds to wait for a connection.
    read : float
        Seconds without data, or with less than a trickle, that count as a stall.
    attempts : int
        Attempts in a row that bring nothing new before a mirror is given up.
    pause : float
        Seconds before the second attempt; doubled before each further one.
    lock : float
        Seconds to wait for another process that downloads the same file.
    """

    connect: float = 10.0
    read: float = 30.0
    attempts: int = 3
    pause: float = 1.0
    lock: float = 1_800.0


class MirrorError(Exception):
    """A mirror did not deliver.

    Parameters
    ----------
    reason : str
        What happened.
    again : bool
        True when another attempt at the same mirror may succeed.
    """

    def __init__(self, reason, again):
        super().__init__(reason)
        self.again = again


class Download:
    """The part file of one download, and attempts to complete it.

    What arrived outlives a failure, and the next attempt asks the server for the rest only. A
    server that sends everything again is taken at its word. Bodies are stored as sent, without
    undoing a content encoding: a server that labels a ``.gz`` file as encoded would otherwise
    change the file.

    Parameters
    ----------
    record : course_utils.data.sources.Record
        What is downloaded.
    part : pathlib.Path
        The part file.
    patience : Patience
        Limits on waiting.

    Attributes
    ----------
    resumed : bool
        True when the last attempt went on from bytes that were there before.
    """

    def __init__(self, record, part, patience):
        self.record = record
        self.part = part
        self.patience = patience
        self.resumed = False

    def __len__(self):
        """Count the bytes that are there."""
        return self.part.stat().st_size if self.part.exists() else 0

    def attempt(self, url):
        """Try once to complete the part file.

        Parameters
        ----------
        url : str
            A mirror.

        Raises
        ------
        MirrorError
            When the mirror does not deliver exactly as many bytes as recorded.
        OSError
            When the part file cannot be written.
        """
        import requests  # slow to import, and not needed when nothing is downloaded

        have = len(self)
        if have > self.record.size:
            self.part.unlink()
            have = 0
        self.resumed = have > 0
        if have == self.record.size:
            return
        try:
            self._request(requests, url, have)
        except requests.ConnectTimeout as error:
            raise MirrorError(
                f"no connection within {self.patience.connect:g} s", again=True
            ) from error
        except requests.Timeout as error:
            raise MirrorError(self._stall(), again=True) from error
        except requests.ConnectionError as error:
            raise MirrorError(f"no connection ({_innermost(error)})", again=True) from error
        except requests.RequestException as error:
            raise MirrorError(f"request failed ({error})", again=False) from error

    def _stall(self):
        return f"stalled: no data to speak of for {self.patience.read:g} s"

    def _request(self, requests, url, have):
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        timeout = (self.patience.connect, self.patience.read)
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            have = self._accept(response, have)
            with (
                open(self.part, "ab" if have else "wb") as file,
                progress_bar(self.record, have) as bar,
            ):
                self._copy(response.raw, file, bar, have)

    def _accept(self, response, have):
        """Check status and headers; return how many bytes of the part file stay."""
        status = response.status_code
        if status == 416:
            self.part.unlink()
            raise MirrorError("refused to go on where the download stopped (HTTP 416)", again=True)
        if status == 206:
            match = re.fullmatch(
                r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
            )
            if not match or int(match[1]) != have:
                self.part.unlink(missing_ok=True)
                raise MirrorError("sent another part than asked for", again=True)
        elif status == 200:
            have = 0
            self.resumed = False
        else:
            again = status >= 500 or status in _TRY_AGAIN
            raise MirrorError(f"HTTP {status} {response.reason}".rstrip(), again)
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) != self.record.size - have:
            raise MirrorError(
                f"wrong size: offers {int(length) + have:,} bytes, not {self.record.size:,}",
                again=False,
            )
        return have

    def _copy(self, raw, file, bar, have):
        from urllib3.exceptions import HTTPError, ReadTimeoutError  # comes with requests

        since, arrived = time.monotonic(), 0
        while True:
            try:
                # read1 returns what has arrived; read would wait until a whole chunk has.
                chunk = raw.read1(_CHUNK, decode_content=False)
            except ReadTimeoutError as error:
                raise MirrorError(self._stall(), again=True) from error
            except (HTTPError, OSError) as error:
                raise self._cut_off(have) from error
            if not chunk:
                break
            have += len(chunk)
            if have > self.record.size:
                file.truncate(0)
                raise MirrorError(
                    f"wrong size: sends more than {self.record.size:,} bytes", again=False
                )
            file.write(chunk)
            bar.update(len(chunk))
            arrived += len(chunk)
            elapsed = time.monotonic() - since
            if elapsed > self.patience.read:
                if arrived < SLOWEST * elapsed:
                    raise MirrorError(self._stall(), again=True)
                since, arrived = time.monotonic(), 0
        if have < self.record.size:
            raise self._cut_off(have)

    def _cut_off(self, have):
        return MirrorError(f"cut off after {have:,} of {self.record.size:,} bytes", again=True)


def _innermost(error):
    """Reduce a chain of wrapped exceptions to the words of the first cause."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def progress_bar(record, have):
    """Make a progress bar where somebody can see it.

    Parameters
    ----------
    record : course_utils.data.sources.Record
        What is downloaded.
    have : int
        Bytes that are there already.

    Returns
    -------
    tqdm.tqdm
        Disabled for small files and where stderr is neither a terminal nor a notebook.
    """
    from tqdm import tqdm

    visible = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(
        total=record.size,
        initial=have,
        desc=record.name,
        unit="B",
        unit_scale=True,
        ncols=79,
        ascii=sys.platform == "win32",
        mininterval=0.5,
        disable=not visible or record.size < _BAR_FROM,
    )
