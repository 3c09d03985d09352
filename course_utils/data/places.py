"""Where data are looked for: folders staged by hand, the cache, and perhaps the network."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def _flag(name):
    return os.environ.get(name, "") not in ("", "0")


def checkout_data():
    """Find the ``data`` folder of a checkout of the course.

    Returns
    -------
    pathlib.Path or None
        None when the package is installed rather than run from a checkout.
    """
    folder = CHECKOUT / "data"
    return folder if folder.is_dir() and (CHECKOUT / "pyproject.toml").is_file() else None


@dataclass(frozen=True)
class Places:
    """Where data are looked for.

    Parameters
    ----------
    cache : pathlib.Path
        Where downloads are kept.
    data_dir : pathlib.Path or None
        Folder named by ``COURSE_DATA_DIR``: looked in first, never written to.
    own : pathlib.Path or None
        The ``data`` folder of a checkout, which holds the course's own weights.
    offline : bool
        True when nothing may be downloaded.
    """

    cache: Path
    data_dir: Path | None = None
    own: Path | None = None
    offline: bool = False

    @classmethod
    def from_environment(cls):
        """Read ``COURSE_DATA_DIR``, ``COURSE_CACHE_DIR`` and ``COURSE_OFFLINE``.

        Returns
        -------
        Places
            The cache is ``COURSE_CACHE_DIR``, else ``data/cache`` of a checkout, else the user's
            cache folder as pooch names it.
        """
        own = checkout_data()
        cache = os.environ.get("COURSE_CACHE_DIR")
        if not cache:
            import pooch  # half of this module's import time, and not needed in a checkout

            cache = own / "cache" if own else pooch.os_cache("keras-vision-course")
        data_dir = os.environ.get("COURSE_DATA_DIR")
        return cls(
            cache=Path(cache).expanduser().absolute(),
            data_dir=Path(data_dir).expanduser().absolute() if data_dir else None,
            own=own,
            offline=_flag("COURSE_OFFLINE"),
        )

    def staged(self, folder, name):
        """List where something staged by hand may lie.

        Parameters
        ----------
        folder : str
            The data set's folder; "" for none.
        name : str
            The file or folder looked for.

        Returns
        -------
        list of pathlib.Path
            In the order in which they are tried: in the data set's folder, then at the top.
        """
        roots = [root for root in (self.data_dir, self.own) if root is not None]
        return [root / place / name for root in roots for place in dict.fromkeys((folder, ""))]
