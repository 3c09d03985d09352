"""A lock between processes that the operating system releases when its holder dies."""

import time
from contextlib import contextmanager

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    import msvcrt

    def _acquire(file):
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file):
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _acquire(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # Some network file systems know no locks. The hash check still guards the result.
            return True
        return True

    def _release(file):
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def exclusive(path, wait, on_wait=lambda: None):
    """Hold a lock while the body runs.

    The lock belongs to the open file, not to its existence: a file left behind by a process that
    was killed blocks nobody.

    Parameters
    ----------
    path : pathlib.Path
        The lock's file, created when missing and left in place.
    wait : float
        Seconds to wait for another holder.
    on_wait : callable
        Called once, without arguments, when there is something to wait for.

    Raises
    ------
    TimeoutError
        When another process still holds the lock after `wait` seconds.
    OSError
        When the file cannot be opened for writing.
    """
    with open(path, "a+b") as file:
        file.seek(0)
        deadline = time.monotonic() + wait
        waiting = False
        while not _acquire(file):
            if not waiting:
                on_wait()
                waiting = True
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process has held {path} for over {wait:g} s")
            time.sleep(0.05)
        try:
            yield
        finally:
            _release(file)
