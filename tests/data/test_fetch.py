"""Everything that can go wrong between a server and the cache, against a server on this machine.

Each case ends in success or in one DataError that says all a reader needs, and never leaves
anything unchecked under a final name.
"""

import dataclasses
import errno
import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import warnings
from pathlib import Path, PureWindowsPath

import pytest
from fault_server import (
    FaultServer,
    cut,
    slow_start,
    stall,
    status,
    trickle,
    whole,
    wrong_part,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course_utils.data import archives, download
from course_utils.data import fetch as fetch_module
from course_utils.data.fetch import DataError, Patience, Places, fetch, fetch_folder
from course_utils.data.sources import CountedFolder, ListedFolder, Record, names_digest

CONTENT = bytes(range(256)) * 800  # 204,800 bytes
HALF = len(CONTENT) // 2
# Long enough for a busy machine; IMPATIENT is for servers that do stall.
QUICK = Patience(connect=10, read=10, attempts=3, pause=0.01, lock=30)
IMPATIENT = dataclasses.replace(QUICK, read=0.3)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def places(tmp_path):
    return Places(cache=tmp_path / "cache")


def record_of(content, *urls, name="file.bin", folder="set", unpacked=None):
    return Record(
        title="Test data",
        name=name,
        urls=urls,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="none",
        source="this test",
        folder=folder,
        unpacked=unpacked,
    )


def final_names(places):
    """Files of the cache under a final name: all but part files and locks."""
    return {
        path.relative_to(places.cache).as_posix()
        for path in places.cache.rglob("*")
        if path.is_file() and path.suffix != ".part" and ".locks" not in path.parts
    }


def fails(record, places, patience=QUICK, getter=fetch):
    """Run a fetch that must fail; check what every error must say, and return its text."""
    with pytest.raises(DataError) as caught:
        getter(record, places, patience)
    text = str(caught.value)
    assert record.name in text
    assert f"{record.size:,} bytes" in text
    assert record.sha256 in text
    for url in record.urls:
        assert f"  {url}: " in text
    assert f"  {places.cache / record.relative}\n" in text
    assert "COURSE_DATA_DIR" in text or str(places.data_dir) in text
    assert f"  {record.relative}" in text.split("or, in ")[1]
    return text


def succeeds(record, places, patience=QUICK, content=CONTENT):
    path = fetch(record, places, patience)
    assert path.read_bytes() == content
    assert final_names(places) == {record.relative}
    assert not path.with_name(f"{record.name}.part").exists()
    return path


def reason_for(text, url):
    return next(line for line in text.splitlines() if line.startswith(f"  {url}: "))


class TestServer:
    def test_good_server_is_asked_once_and_the_cache_after_that(self, places):
        with FaultServer(good=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("good"))
            first = succeeds(record, places)
            assert succeeds(record, places) == first
            assert [request.range for request in server.requests] == [None]

    def test_body_without_announced_length(self, places):
        with FaultServer(file=[whole(CONTENT, length=False)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)

    def test_always_truncated(self, places):
        with FaultServer(file=[cut(CONTENT, HALF, ranges=False)]) as server:
            record = record_of(CONTENT, server.url("file"))
            text = fails(record, places)
            reason = reason_for(text, server.url("file"))
            assert f"cut off after {HALF:,} of {len(CONTENT):,} bytes" in reason
            # One attempt that brought something new, then as many as allowed that did not.
            assert len(server.requests) == 1 + QUICK.attempts
        assert final_names(places) == set()

    def test_wrong_bytes(self, places):
        wrong = bytes(len(CONTENT))
        with FaultServer(file=[whole(wrong)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert "wrong bytes" in reason_for(text, server.url("file"))
            assert len(server.requests) == 1
        assert list(places.cache.joinpath("set").iterdir()) == []

    @pytest.mark.parametrize("length", [True, False])
    @pytest.mark.parametrize("body", [CONTENT + b"more", CONTENT[:-9]], ids=["long", "short"])
    def test_wrong_size(self, places, body, length):
        with FaultServer(file=[whole(body, ranges=False, length=length)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            reason = reason_for(text, server.url("file"))
            if length or len(body) > len(CONTENT):
                assert "wrong size" in reason
                assert len(server.requests) == 1
            else:
                assert f"cut off after {len(body):,}" in reason
        assert final_names(places) == set()

    def test_missing_file_is_not_asked_for_again(self, places):
        with FaultServer() as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert "HTTP 404" in reason_for(text, server.url("file"))
            assert len(server.requests) == 1
        assert final_names(places) == set()

    def test_server_error_then_success(self, places):
        with FaultServer(file=[status(500), status(503), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            assert len(server.requests) == 3

    def test_server_error_for_ever(self, places):
        with FaultServer(file=[status(500)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert "HTTP 500" in text
            assert f"({QUICK.attempts} attempts)" in text
            assert len(server.requests) == QUICK.attempts

    def test_stall(self, places):
        with FaultServer(file=[stall(CONTENT, HALF)]) as server:
            begun = time.monotonic()
            text = fails(
                record_of(CONTENT, server.url("file")),
                places,
                dataclasses.replace(IMPATIENT, attempts=1),
            )
            assert time.monotonic() - begun < 5
            assert "stalled" in reason_for(text, server.url("file"))
        assert final_names(places) == set()

    def test_stall_then_the_rest(self, places):
        with FaultServer(file=[stall(CONTENT, HALF), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places, IMPATIENT)
            assert server.requests[1].range == f"bytes={HALF}-"

    def test_stall_before_the_first_byte(self, places):
        with FaultServer(file=[slow_start(CONTENT, 20), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places, IMPATIENT)

    def test_trickle_counts_as_a_stall(self, places):
        with FaultServer(file=[trickle(CONTENT[:300], 0.02)]) as server:
            text = fails(
                record_of(CONTENT[:300], server.url("file")),
                places,
                dataclasses.replace(IMPATIENT, attempts=1),
            )
            assert "stalled" in reason_for(text, server.url("file"))

    def test_dead_first_mirror(self, places):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # taken, but nobody listens
            dead = f"http://127.0.0.1:{held.getsockname()[1]}/file"
            with FaultServer(file=[whole(CONTENT)]) as server:
                succeeds(record_of(CONTENT, dead, server.url("file")), places)
            text = fails(record_of(b"another", dead, name="other.bin"), places)
            assert "no connection" in reason_for(text, dead)

    def test_every_mirror_is_named_with_its_own_reason(self, places):
        with FaultServer(b=[status(403)], c=[whole(CONTENT[1:])]) as server:
            urls = [server.url(name) for name in "abc"]
            text = fails(record_of(CONTENT, *urls), places)
        for url, reason in zip(urls, ["HTTP 404", "HTTP 403", "wrong size"], strict=True):
            assert reason in reason_for(text, url)

    def test_address_that_is_none(self, places):
        text = fails(record_of(CONTENT, "http://"), places)
        assert "request failed" in text


class TestResuming:
    def test_cut_at_half_fetches_only_the_rest(self, places):
        with FaultServer(file=[cut(CONTENT, HALF), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            first, second = server.requests
            assert (first.range, first.sent) == (None, HALF)
            assert (second.range, second.sent) == (f"bytes={HALF}-", len(CONTENT) - HALF)

    def test_progress_gives_new_patience(self, places):
        steps = [cut(CONTENT, at) for at in range(20_000, len(CONTENT), 20_000)]
        assert len(steps) > QUICK.attempts
        with FaultServer(file=[*steps, whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            assert sum(request.sent for request in server.requests) == len(CONTENT)

    def test_next_session_goes_on(self, places):
        with FaultServer(file=[cut(CONTENT, HALF), status(404), whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            fails(record, places)
            succeeds(record, places)
            assert server.requests[-1].range == f"bytes={HALF}-"

    def test_server_without_ranges_starts_over(self, places):
        with FaultServer(file=[cut(CONTENT, HALF), whole(CONTENT, ranges=False)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            assert server.requests[1].range == f"bytes={HALF}-"
            assert server.requests[1].sent == len(CONTENT)

    def test_wrong_bytes_from_the_start_are_not_asked_for_again(self, places):
        wrong = bytes(len(CONTENT))
        with FaultServer(file=[cut(wrong, HALF), whole(wrong, ranges=False)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert "wrong bytes" in reason_for(text, server.url("file"))
            assert len(server.requests) == 2

    @pytest.mark.parametrize("refusal", [status(416), wrong_part(CONTENT)], ids=["416", "other"])
    def test_refused_range_starts_over(self, places, refusal):
        with FaultServer(file=[cut(CONTENT, HALF), refusal, whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            assert [request.range for request in server.requests] == [None, f"bytes={HALF}-", None]

    def test_part_with_wrong_bytes_is_dropped(self, places):
        """A mirror that sent rubbish must not spoil what the next one sends."""
        with FaultServer(
            bad=[cut(bytes(len(CONTENT)), HALF), status(404)], good=[whole(CONTENT)]
        ) as (server):
            succeeds(record_of(CONTENT, server.url("bad"), server.url("good")), places)
            assert [request.range for request in server.requests] == [
                None,
                f"bytes={HALF}-",
                f"bytes={HALF}-",
                None,
            ]

    def test_part_that_is_too_long_is_dropped(self, places):
        part = places.cache / "set" / "file.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(CONTENT + b"more")
        with FaultServer(file=[whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            assert [request.range for request in server.requests] == [None]

    def test_complete_part_needs_no_request(self, places):
        part = places.cache / "set" / "file.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(CONTENT)
        with FaultServer() as server:
            succeeds(record_of(CONTENT, server.url("file")), places)
            assert server.requests == []


class TestCache:
    def test_corrupted_file_is_fetched_again(self, places):
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            path = succeeds(record, places)
            path.write_bytes(bytes(len(CONTENT)))
            with pytest.warns(UserWarning, match="sha256 is not the recorded one"):
                succeeds(record, places)
            assert len(server.requests) == 2

    @pytest.mark.filterwarnings("ignore:passed over")
    @pytest.mark.parametrize("offline", [True, False])
    def test_corrupted_file_does_not_stay(self, places, offline):
        places = dataclasses.replace(places, offline=offline)
        path = places.cache / "set" / "file.bin"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(len(CONTENT)))
        with FaultServer() as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert len(server.requests) == (0 if offline else 1)
        assert f"{path}: its sha256 is not the recorded one" in text
        assert final_names(places) == set()

    def test_offline_asks_nobody(self, places):
        places = dataclasses.replace(places, offline=True)
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            text = fails(record, places)
            assert server.requests == []
        assert "COURSE_OFFLINE" in text
        assert "not tried" in reason_for(text, record.urls[0])
        assert not places.cache.exists()

    def test_cache_below_a_file(self, tmp_path):
        (tmp_path / "taken").write_text("a file, not a folder")
        places = Places(cache=tmp_path / "taken" / "cache")
        with FaultServer(file=[whole(CONTENT)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert server.requests == []
        assert "cannot be written" in text
        assert "COURSE_CACHE_DIR" in text

    @pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions work otherwise on Windows")
    def test_cache_without_permission(self, places, monkeypatch):
        if os.geteuid() == 0:  # permissions do not stop root: let the system call refuse

            def refuse(path, *args, **kwargs):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))

            monkeypatch.setattr(Path, "mkdir", refuse)
        else:
            places.cache.mkdir()
            places.cache.chmod(0o500)
        with FaultServer(file=[whole(CONTENT)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
        assert "cannot be written: Permission denied" in text

    def test_disk_fills_up(self, places, monkeypatch):
        class FullDisk(io.FileIO):
            def write(self, content):
                if self.tell() + len(content) > HALF:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return super().write(content)

        monkeypatch.setattr(download, "open", FullDisk, raising=False)
        with FaultServer(file=[whole(CONTENT)]) as server:
            text = fails(record_of(CONTENT, server.url("file"), server.url("second")), places)
            assert len(server.requests) == 1, "another mirror does not help a full disk"
        assert "the disk is full" in text
        assert "COURSE_CACHE_DIR" in text
        assert list((places.cache / "set").iterdir()) == [], "a full disk is not left full"

    def test_disk_too_small_is_noticed_before(self, places, monkeypatch):
        usage = type("Usage", (), {"free": HALF})
        monkeypatch.setattr(fetch_module.shutil, "disk_usage", lambda path: usage)
        with FaultServer(file=[whole(CONTENT)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), places)
            assert server.requests == []
        assert f"{len(CONTENT):,} bytes are needed" in text
        assert f"{HALF:,} are free" in text

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file size limit to set")
    def test_kernel_refuses_to_write(self, places):
        """The same with a limit that the operating system enforces."""
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            limit = (
                "import resource\n" + f"resource.setrlimit(resource.RLIMIT_FSIZE, ({HALF},) * 2)"
            )
            result = subprocess_fetch(record, places, before=limit).communicate(timeout=30)
        assert "DataError" in result[1]
        assert "the disk is full" in result[1]
        assert final_names(places) == set()


def subprocess_fetch(record, places, before=""):
    """Start a fetch in another process; it prints the path."""
    code = f"""
from pathlib import Path, PureWindowsPath
from course_utils.data.fetch import Patience, Places, fetch
from course_utils.data.sources import Record
record = Record(**{ {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}!r})
places = Places(cache=Path({str(places.cache)!r}))
{before}
print("ready", flush=True)
print(fetch(record, places, Patience(read=10, pause=0.01)), flush=True)
"""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class TestProgressBar:
    large = record_of(CONTENT * 10, "http://unused")

    def test_quiet_where_nobody_looks(self, monkeypatch, capsys):
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        with download.progress_bar(self.large, 0) as bar:
            bar.update(1)
        assert capsys.readouterr().err == ""

    def test_shown_in_a_notebook_from_where_it_goes_on(self, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
        with download.progress_bar(self.large, self.large.size // 2) as bar:
            bar.update(self.large.size // 2)
        shown = capsys.readouterr().err
        assert "file.bin:  50%" in shown
        assert "file.bin: 100%" in shown

    def test_small_file_needs_no_bar(self, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
        with download.progress_bar(record_of(CONTENT, "http://unused"), 0) as bar:
            bar.update(1)
        assert capsys.readouterr().err == ""


class TestTwoAtOnce:
    def test_two_processes_download_once(self, places):
        with FaultServer(file=[slow_start(CONTENT, 1.0)]) as server:
            record = record_of(CONTENT, server.url("file"))
            both = [subprocess_fetch(record, places) for _ in range(2)]
            outputs = [process.communicate(timeout=60) for process in both]
            assert [process.returncode for process in both] == [0, 0], outputs
            assert len(server.requests) == 1
        path = places.cache / "set" / "file.bin"
        assert all(out.splitlines()[-1] == str(path) for out, _ in outputs)
        assert path.read_bytes() == CONTENT
        assert final_names(places) == {"set/file.bin"}

    def test_two_threads_download_once(self, places):
        with FaultServer(file=[slow_start(CONTENT, 0.2)]) as server:
            record = record_of(CONTENT, server.url("file"))
            paths = []
            threads = [
                threading.Thread(target=lambda: paths.append(fetch(record, places, QUICK)))
                for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(paths) == 3
            assert len(server.requests) == 1

    def test_killed_holder_blocks_nobody(self, places):
        with FaultServer(file=[stall(CONTENT, HALF), whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            holder = subprocess_fetch(record, places)
            part = places.cache / "set" / "file.bin.part"
            deadline = time.monotonic() + 30
            while not (part.exists() and part.stat().st_size):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            holder.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            holder.communicate(timeout=10)
            begun = time.monotonic()
            succeeds(record, places)
            assert time.monotonic() - begun < 5
            assert server.requests[1].range is not None, "what it had fetched is used"

    def test_waiting_ends(self, places, capsys):
        with FaultServer(file=[slow_start(CONTENT, 20)]) as server:
            record = record_of(CONTENT, server.url("file"))
            patience = dataclasses.replace(QUICK, read=1.5, attempts=1)
            errors = []

            def first():
                try:
                    fetch(record, places, patience)
                except DataError as error:
                    errors.append(error)

            thread = threading.Thread(target=first)
            thread.start()
            while not server.requests:
                time.sleep(0.01)
            text = fails(record, places, dataclasses.replace(QUICK, lock=0.1))
            thread.join()
        assert "Gave up waiting" in text
        assert "Another process is fetching file.bin" in capsys.readouterr().out
        assert "stalled" in str(errors[0])


class TestStaged:
    @pytest.fixture
    def staged(self, tmp_path):
        folder = tmp_path / "lab"
        folder.mkdir()
        return Places(cache=tmp_path / "cache", data_dir=folder, offline=True)

    @pytest.mark.parametrize("place", ["file.bin", "set/file.bin"])
    def test_original_is_used_where_it_lies(self, staged, place):
        path = staged.data_dir / place
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(CONTENT)
        assert fetch(record_of(CONTENT, "http://unused"), staged) == path
        assert not staged.cache.exists(), "nothing is copied"

    def test_wrong_file_is_told_of(self, staged):
        path = staged.data_dir / "file.bin"
        path.write_bytes(CONTENT[:-1])
        record = record_of(CONTENT, "http://unused")
        with pytest.warns(UserWarning, match="passed over"):
            text = fails(record, staged)
        assert f"{path}: {len(CONTENT) - 1:,} bytes where {len(CONTENT):,} are recorded" in text
        path.write_bytes(bytes(len(CONTENT)))
        with pytest.warns(UserWarning, match="passed over"):
            text = fails(record, staged)
        assert f"{path}: its sha256 is not the recorded one" in text
        assert path.exists(), "what others staged is left alone"

    def test_wrong_file_is_passed_over_for_a_download(self, staged):
        (staged.data_dir / "file.bin").write_bytes(b"wrong")
        online = dataclasses.replace(staged, offline=False)
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            with pytest.warns(UserWarning, match="passed over"):
                succeeds(record, online)

    def test_folder_that_is_not_there(self, staged):
        staged.data_dir.rmdir()
        with pytest.warns(UserWarning, match="is not a folder"):
            text = fails(record_of(CONTENT, "http://unused"), staged)
        assert f"COURSE_DATA_DIR: {staged.data_dir} is not a folder" in text


def tar_of(*members):
    """Make a tar.gz archive of (TarInfo or name, content) pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info, b""


def sparse_bomb():
    info = tarfile.TarInfo("good/bomb.bin")
    info.pax_headers = {
        "GNU.sparse.size": str(1 << 34),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{(1 << 34) - 1},1",
    }
    return info, b"x"


GOOD = (("good/a.bin", b"a" * 10), ("good/b.bin", b"b" * 20))
HOSTILE = {
    "climbs": (("good/../../escaped.bin", b"x"), "climbs out"),
    "climbs at once": (("../escaped.bin", b"x"), "climbs out"),
    "absolute": (("/tmp/escaped.bin", b"x"), "absolute path"),
    "backslash": (("good\\..\\..\\escaped.bin", b"x"), "not portable"),
    "drive": (("C:escaped.bin", b"x"), "not portable"),
    "symlink": (special("good/link.bin", tarfile.SYMTYPE, "/etc/passwd"), "a symbolic link"),
    "symlink inside": (special("good/link.bin", tarfile.SYMTYPE, "a.bin"), "a symbolic link"),
    "hard link": (special("good/link.bin", tarfile.LNKTYPE, "/etc/passwd"), "a hard link"),
    "character device": (special("good/null.bin", tarfile.CHRTYPE), "a device"),
    "block device": (special("good/disk.bin", tarfile.BLKTYPE), "a device"),
    "pipe": (special("good/pipe.bin", tarfile.FIFOTYPE), "a pipe"),
    "contiguous sparse": (sparse_bomb(), "a member of a special kind"),
    "twice": (("good/a.bin", b"other"), "twice"),
    "file as folder": (("good/a.bin/c.bin", b"x"), "twice"),
    "bomb": (("good/bomb.bin", bytes(30_000_000)), "unpacks to more than"),
}
CONTENTS = ListedFolder("good", "*.bin", {"a.bin": 10, "b.bin": 20})


class TestArchives:
    def record(self, content, *urls):
        return record_of(content, *urls, name="good.tar.gz", folder="", unpacked=CONTENTS)

    def check(self, folder):
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            "a.bin": b"a" * 10,
            "b.bin": b"b" * 20,
        }

    def test_good_archive(self, places):
        archive = tar_of(*GOOD)
        with FaultServer(file=[whole(archive)]) as server:
            record = self.record(archive, server.url("file"))
            folder = fetch_folder(record, places, QUICK)
            assert folder == places.cache / "good"
            self.check(folder)
            before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
            assert fetch_folder(record, places, QUICK) == folder
            after = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
            assert before == after, "a second call must not unpack again"
            assert len(server.requests) == 1

    @pytest.mark.filterwarnings("ignore:passed over")
    @pytest.mark.parametrize("damage", ["missing", "short", "more"])
    def test_damaged_folder_is_unpacked_again(self, places, damage):
        archive = tar_of(*GOOD)
        with FaultServer(file=[whole(archive)]) as server:
            record = self.record(archive, server.url("file"))
            folder = fetch_folder(record, places, QUICK)
            if damage == "missing":
                (folder / "a.bin").unlink()
            elif damage == "short":
                (folder / "b.bin").write_bytes(b"b")
            else:
                (folder / "c.bin").write_bytes(b"c")
            self.check(fetch_folder(record, places, QUICK))
            assert len(server.requests) == 1, "the archive was in the cache"

    def test_what_a_killed_process_left_does_not_matter(self, places):
        left = places.cache / ".good.unpacking" / "good" / "a.bin"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")
        archive = tar_of(*GOOD)
        with FaultServer(file=[whole(archive)]) as server:
            self.check(fetch_folder(self.record(archive, server.url("file")), places, QUICK))
        assert not left.exists()

    @pytest.mark.filterwarnings("ignore:passed over")
    def test_unpacked_folder_is_held_against_the_archive_itself(self, places):
        """Bounds that would let a damaged file pass do not matter once the archive was unpacked."""
        archive = tar_of(*GOOD)
        loose = CountedFolder("good", "*.bin", 2, names_digest(["a.bin", "b.bin"]), 1, 99, "table")
        with FaultServer(file=[whole(archive)]) as server:
            record = dataclasses.replace(self.record(archive, server.url("file")), unpacked=loose)
            folder = fetch_folder(record, places, QUICK)
            (folder / "b.bin").write_bytes(b"b")
            assert loose.problem(folder) is None
            self.check(fetch_folder(record, places, QUICK))

    @pytest.mark.parametrize("kind", HOSTILE)
    def test_hostile_member(self, places, tmp_path, kind):
        member, words = HOSTILE[kind]
        archive = tar_of(*GOOD, member)
        with FaultServer(file=[whole(archive)]) as server:
            record = self.record(archive, server.url("file"))
            text = fails(record, places, getter=fetch_folder)
        assert words in text
        assert final_names(places) == {"good.tar.gz"}, "the checked archive and nothing else"
        assert {path.name for path in places.cache.iterdir()} == {".locks", "good.tar.gz"}
        assert not list(tmp_path.rglob("*escaped*"))
        assert not Path("/tmp/escaped.bin").exists()

    @pytest.mark.parametrize("kind", ["truncated", "not gzip", "no folder", "too many"])
    def test_archive_that_is_none(self, places, kind):
        archive, words = {
            "truncated": (tar_of(("good/a.bin", os.urandom(5_000)))[:-3_000], "damaged"),
            "not gzip": (b"plain text", "damaged"),
            "no folder": (tar_of(("other/a.bin", b"x")), "holds no folder 'good'"),
            "too many": (tar_of(*((f"good/{n}.bin", b"") for n in range(300))), "members"),
        }[kind]
        with FaultServer(file=[whole(archive)]) as server:
            text = fails(self.record(archive, server.url("file")), places, getter=fetch_folder)
        assert words in text
        assert final_names(places) == {"good.tar.gz"}

    def test_disk_fills_up_while_unpacking(self, places, monkeypatch):
        def full(source, target):
            raise OSError(errno.ENOSPC, "No space left on device")

        archive = tar_of(*GOOD)
        with FaultServer(file=[whole(archive)]) as server:
            record = self.record(archive, server.url("file"))
            fetch(record, places, QUICK)
            monkeypatch.setattr(archives.shutil, "copyfileobj", full)
            text = fails(record, places, getter=fetch_folder)
        assert "the disk is full" in text
        assert {path.name for path in places.cache.iterdir()} == {".locks", "good.tar.gz"}

    def test_permissions_and_owner_are_not_the_archives(self, places):
        info = tarfile.TarInfo("good/a.bin")
        info.mode = 0o6777
        archive = tar_of((info, b"a" * 10), GOOD[1])
        with FaultServer(file=[whole(archive)]) as server:
            folder = fetch_folder(self.record(archive, server.url("file")), places, QUICK)
        assert not (folder / "a.bin").stat().st_mode & 0o6111

    @pytest.mark.parametrize("staged", ["archive", "folder"])
    def test_staged_by_hand(self, tmp_path, staged):
        lab = tmp_path / "lab"
        (lab / "good").mkdir(parents=True)
        archive = tar_of(*GOOD)
        if staged == "archive":
            (lab / "good").rmdir()
            (lab / "good.tar.gz").write_bytes(archive)
        else:
            for name, content in GOOD:
                (lab / name).write_bytes(content)
        places = Places(cache=tmp_path / "cache", data_dir=lab, offline=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder = fetch_folder(self.record(archive, "http://unused"), places)
        self.check(folder)
        assert folder == (places.cache if staged == "archive" else lab) / "good"

    def test_staged_folder_of_wrong_sizes(self, tmp_path):
        lab = tmp_path / "lab"
        (lab / "good").mkdir(parents=True)
        (lab / "good/a.bin").write_bytes(b"a" * 9)
        places = Places(cache=tmp_path / "cache", data_dir=lab, offline=True)
        record = self.record(tar_of(*GOOD), "http://unused")
        with pytest.warns(UserWarning, match="passed over"):
            text = fails(record, places, getter=fetch_folder)
        assert f"{lab / 'good'}: a.bin has 9 bytes, not 10" in text
        assert "unpacked, as good" in text


# All of Unicode would cost seconds to prepare.
SOME_TEXT = st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=12)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab./\\:* \0\n"), max_size=12) | SOME_TEXT)
@example("a/../b")
@example("./a//b")
@example("..")
def test_member_path_stays_below(name):
    try:
        parts = archives.member_path(name)
    except archives.ArchiveError:
        return
    base = Path("/base")
    target = Path(os.path.normpath(base.joinpath(*parts)))
    assert base in target.parents
    assert len(target.relative_to(base).parts) == len(parts) > 0
    windows = PureWindowsPath("C:/base").joinpath(*parts)
    assert windows.parts[:2] == ("C:\\", "base")
    assert windows.parts[2:] == parts


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcZ09_-é", min_size=1, max_size=8), min_size=1, max_size=5))
def test_member_path_accepts_plain_names(parts):
    assert archives.member_path("/".join(parts)) == tuple(parts)
