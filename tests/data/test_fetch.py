"""Everything that can go wrong between a server and the cache, against a server on this machine.

Each case ends in success or in one DataError that says all a reader needs, and never leaves
anything unchecked under a final name.
"""

import dataclasses
import errno
import hashlib
import io
import os
import socket
import subprocess
import sys
import tarfile
import textwrap
import time
import warnings
from pathlib import Path

import pytest
from fault_server import FaultServer, cut, slow_start, stall, status, whole, wrong_part

from course_utils.data import fetch as fetch_module
from course_utils.data.fetch import DataError, DataFolders, Patience, fetch, fetch_folder
from course_utils.data.sources import FolderContents, Record, names_digest

CONTENT = bytes(range(256)) * 800  # 204,800 bytes
HALF = len(CONTENT) // 2
# Long enough for a busy machine; IMPATIENT is for servers that do stall.
QUICK = Patience(connect=10, read=10, attempts=3, pause=0.01)
IMPATIENT = dataclasses.replace(QUICK, read=0.3)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folders(tmp_path):
    return DataFolders(cache=tmp_path / "cache")


def record_of(content, *urls, name="file.bin", folder="set", contents=None):
    return Record(
        title="Test data",
        name=name,
        urls=urls,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="none",
        source="this test",
        folder=folder,
        contents=contents,
    )


def final_names(folders):
    """Files of the cache under a final name: all but part files."""
    return {
        path.relative_to(folders.cache).as_posix()
        for path in folders.cache.rglob("*")
        if path.is_file() and ".part" not in path.suffix
    }


def fails(record, folders, patience=QUICK, getter=fetch):
    """Run a fetch that must fail; check what every error must say, and return its text."""
    with pytest.raises(DataError) as caught:
        getter(record, folders, patience)
    text = str(caught.value)
    assert record.name in text
    assert f"{record.size:,} bytes" in text
    assert record.sha256 in text
    for url in record.urls:
        assert f"  {url}: " in text
    assert f"  {folders.cache / record.relative}\n" in text
    assert "COURSE_DATA_DIR" in text or str(folders.data_dir) in text
    assert f"  {record.relative}" in text.split("or, in ")[1]
    return text


def succeeds(record, folders, patience=QUICK, content=CONTENT):
    path = fetch(record, folders, patience)
    assert path.read_bytes() == content
    assert final_names(folders) == {record.relative}
    assert not path.with_name(f"{record.name}.part").exists()
    return path


def reason_for(text, url):
    return next(line for line in text.splitlines() if line.startswith(f"  {url}: "))


class TestServer:
    def test_good_server_is_asked_once_and_the_cache_after_that(self, folders):
        with FaultServer(good=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("good"))
            first = succeeds(record, folders)
            assert succeeds(record, folders) == first
            assert [request.range for request in server.requests] == [None]

    def test_always_truncated(self, folders):
        with FaultServer(file=[cut(CONTENT, HALF, ranges=False)]) as server:
            record = record_of(CONTENT, server.url("file"))
            text = fails(record, folders)
            reason = reason_for(text, server.url("file"))
            assert f"cut off after {HALF:,} of {len(CONTENT):,} bytes" in reason
            # One attempt that brought something new, then as many as allowed that did not.
            assert len(server.requests) == 1 + QUICK.attempts
        assert final_names(folders) == set()

    def test_wrong_bytes(self, folders):
        wrong = bytes(len(CONTENT))
        with FaultServer(file=[whole(wrong)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            assert "wrong bytes" in reason_for(text, server.url("file"))
            assert len(server.requests) == 1
        assert list(folders.cache.joinpath("set").iterdir()) == []

    @pytest.mark.parametrize("length", [True, False])
    @pytest.mark.parametrize("body", [CONTENT + b"more", CONTENT[:-9]], ids=["long", "short"])
    def test_wrong_size(self, folders, body, length):
        with FaultServer(file=[whole(body, ranges=False, length=length)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            reason = reason_for(text, server.url("file"))
            if length or len(body) > len(CONTENT):
                assert "wrong size" in reason
                assert len(server.requests) == 1
            else:
                assert f"cut off after {len(body):,}" in reason
        assert final_names(folders) == set()

    def test_missing_file_is_not_asked_for_again(self, folders):
        with FaultServer() as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            assert "HTTP 404" in reason_for(text, server.url("file"))
            assert len(server.requests) == 1
        assert final_names(folders) == set()

    def test_server_error_then_success(self, folders):
        with FaultServer(file=[status(500), status(503), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert len(server.requests) == 3

    def test_server_error_for_ever(self, folders):
        with FaultServer(file=[status(500)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            assert "HTTP 500" in text
            assert f"({QUICK.attempts} attempts)" in text
            assert len(server.requests) == QUICK.attempts

    def test_stall(self, folders):
        with FaultServer(file=[stall(CONTENT, HALF)]) as server:
            begun = time.monotonic()
            text = fails(
                record_of(CONTENT, server.url("file")),
                folders,
                dataclasses.replace(IMPATIENT, attempts=1),
            )
            assert time.monotonic() - begun < 5
            reason = f"timed out, after {HALF:,} of {len(CONTENT):,} bytes"
            assert reason in reason_for(text, server.url("file"))
        assert final_names(folders) == set()

    def test_stall_then_the_rest(self, folders):
        with FaultServer(file=[stall(CONTENT, HALF), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders, IMPATIENT)
            assert server.requests[1].range == f"bytes={HALF}-"

    def test_dead_first_mirror(self, folders):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # taken, but nobody listens
            dead = f"http://127.0.0.1:{held.getsockname()[1]}/file"
            with FaultServer(file=[whole(CONTENT)]) as server:
                succeeds(record_of(CONTENT, dead, server.url("file")), folders)
            text = fails(record_of(b"another", dead, name="other.bin"), folders)
            assert "Connection refused" in reason_for(text, dead)

    def test_every_mirror_is_named_with_its_own_reason(self, folders):
        with FaultServer(b=[status(403)], c=[whole(CONTENT[1:])]) as server:
            urls = [server.url(name) for name in "abc"]
            text = fails(record_of(CONTENT, *urls), folders)
        for url, reason in zip(urls, ["HTTP 404", "HTTP 403", "wrong size"], strict=True):
            assert reason in reason_for(text, url)


class TestResuming:
    def test_cut_at_half_fetches_only_the_rest(self, folders):
        with FaultServer(file=[cut(CONTENT, HALF), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            first, second = server.requests
            assert (first.range, first.sent) == (None, HALF)
            assert (second.range, second.sent) == (f"bytes={HALF}-", len(CONTENT) - HALF)

    def test_progress_gives_new_patience(self, folders):
        steps = [cut(CONTENT, at) for at in range(20_000, len(CONTENT), 20_000)]
        assert len(steps) > QUICK.attempts
        with FaultServer(file=[*steps, whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert sum(request.sent for request in server.requests) == len(CONTENT)

    def test_next_session_goes_on(self, folders):
        with FaultServer(file=[cut(CONTENT, HALF), status(404), whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            fails(record, folders)
            succeeds(record, folders)
            assert server.requests[-1].range == f"bytes={HALF}-"

    def test_server_without_ranges_starts_over(self, folders):
        with FaultServer(file=[cut(CONTENT, HALF), whole(CONTENT, ranges=False)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert server.requests[1].range == f"bytes={HALF}-"
            assert server.requests[1].sent == len(CONTENT)

    @pytest.mark.parametrize("refusal", [status(416), wrong_part(CONTENT)], ids=["416", "other"])
    def test_refused_range_starts_over(self, folders, refusal):
        with FaultServer(file=[cut(CONTENT, HALF), refusal, whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert [request.range for request in server.requests] == [None, f"bytes={HALF}-", None]

    def test_part_with_wrong_bytes_is_dropped(self, folders):
        """A mirror that sent rubbish must not spoil what the next one sends."""
        with FaultServer(
            bad=[cut(bytes(len(CONTENT)), HALF), status(404)], good=[whole(CONTENT)]
        ) as (server):
            succeeds(record_of(CONTENT, server.url("bad"), server.url("good")), folders)
            assert [request.range for request in server.requests] == [
                None,
                f"bytes={HALF}-",
                f"bytes={HALF}-",
                None,
            ]

    def test_part_that_is_too_long_is_dropped(self, folders):
        part = folders.cache / "set" / "file.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(CONTENT + b"more")
        os.utime(part, (0, 0))
        with FaultServer(file=[whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert [request.range for request in server.requests] == [None]

    def test_complete_part_needs_no_request(self, folders):
        part = folders.cache / "set" / "file.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(CONTENT)
        os.utime(part, (0, 0))
        with FaultServer() as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert server.requests == []


class TestCache:
    def test_corrupted_file_is_fetched_again(self, folders):
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            path = succeeds(record, folders)
            path.write_bytes(bytes(len(CONTENT)))
            with pytest.warns(UserWarning, match="sha256 is not the recorded one"):
                succeeds(record, folders)
            assert len(server.requests) == 2

    @pytest.mark.filterwarnings("ignore:passed over")
    @pytest.mark.parametrize("offline", [True, False])
    def test_corrupted_file_does_not_stay(self, folders, offline):
        folders = dataclasses.replace(folders, offline=offline)
        path = folders.cache / "set" / "file.bin"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(len(CONTENT)))
        with FaultServer() as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            assert len(server.requests) == (0 if offline else 1)
        assert f"{path}: its sha256 is not the recorded one" in text
        assert final_names(folders) == set()

    def test_offline_asks_nobody(self, folders):
        folders = dataclasses.replace(folders, offline=True)
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            text = fails(record, folders)
            assert server.requests == []
        assert "COURSE_OFFLINE" in text
        assert "not tried" in reason_for(text, record.urls[0])
        assert not folders.cache.exists()

    def test_cache_below_a_file(self, tmp_path):
        (tmp_path / "taken").write_text("a file, not a folder")
        folders = DataFolders(cache=tmp_path / "taken" / "cache")
        with FaultServer(file=[whole(CONTENT)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            assert server.requests == []
        assert "cannot be written" in text
        assert "COURSE_CACHE_DIR" in text

    def test_disk_fills_up(self, folders, monkeypatch):
        class FullDisk(io.FileIO):
            def write(self, content):
                if self.tell() + len(content) > HALF:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return super().write(content)

        monkeypatch.setattr(fetch_module, "open", FullDisk, raising=False)
        with FaultServer(file=[whole(CONTENT)]) as server:
            text = fails(record_of(CONTENT, server.url("file"), server.url("second")), folders)
            assert len(server.requests) == 1, "another mirror does not help a full disk"
        assert "the disk is full" in text
        assert "COURSE_CACHE_DIR" in text
        assert list((folders.cache / "set").iterdir()) == [], "a full disk is not left full"


def subprocess_fetch(record, folders):
    """Start a fetch in another process; it prints the path."""
    code = f"""
from pathlib import Path, PureWindowsPath
from course_utils.data.fetch import DataFolders, Patience, fetch
from course_utils.data.sources import Record
record = Record(**{ {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}!r})
folders = DataFolders(cache=Path({str(folders.cache)!r}))
print(fetch(record, folders, Patience(read=10, pause=0.01)), flush=True)
"""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class TestProgressBar:
    def bar(self, content, have=0):
        return fetch_module._Search(record_of(content, "http://unused"), None, None)._bar(have)

    def test_quiet_where_nobody_looks(self, monkeypatch, capsys):
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        with self.bar(CONTENT * 10) as bar:
            bar.update(1)
        assert capsys.readouterr().err == ""

    def test_shown_in_a_notebook_from_where_it_goes_on(self, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
        with self.bar(CONTENT * 10, 5 * len(CONTENT)) as bar:
            bar.update(5 * len(CONTENT))
        shown = capsys.readouterr().err
        assert "file.bin:  50%" in shown
        assert "file.bin: 100%" in shown


class TestTwoAtOnce:
    def test_two_processes_do_not_spoil_one_file(self, folders):
        with FaultServer(file=[slow_start(CONTENT, 1.0)]) as server:
            record = record_of(CONTENT, server.url("file"))
            both = [subprocess_fetch(record, folders) for _ in range(2)]
            outputs = [process.communicate(timeout=60) for process in both]
            assert [process.returncode for process in both] == [0, 0], outputs
        path = folders.cache / "set" / "file.bin"
        assert all(out.splitlines()[-1] == str(path) for out, _ in outputs)
        assert path.read_bytes() == CONTENT
        assert final_names(folders) == {"set/file.bin"}

    @pytest.mark.parametrize("quiet", [True, False])
    def test_what_a_killed_process_left_is_used_once_it_is_quiet(self, folders, quiet):
        left = folders.cache / "set" / "file.bin.part"
        left.parent.mkdir(parents=True)
        left.write_bytes(CONTENT[:HALF])
        if quiet:
            os.utime(left, (time.time() - 100,) * 2)
        with FaultServer(file=[whole(CONTENT)]) as server:
            fetch(record_of(CONTENT, server.url("file")), folders, QUICK)
            assert server.requests[0].range == (f"bytes={HALF}-" if quiet else None)
        assert left.exists() != quiet, "what may still be written to is left alone"


class TestStaged:
    @pytest.fixture
    def staged(self, tmp_path):
        folder = tmp_path / "lab"
        folder.mkdir()
        return DataFolders(cache=tmp_path / "cache", data_dir=folder, offline=True)

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


GOOD = (("good/a.bin", b"a" * 10), ("good/b.bin", b"b" * 20))
CONTENTS = FolderContents("good", "*.bin", 2, names_digest(["a.bin", "b.bin"]))


class TestArchives:
    def record(self, content, *urls):
        return record_of(content, *urls, name="good.tar.gz", folder="", contents=CONTENTS)

    def check(self, folder):
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            "a.bin": b"a" * 10,
            "b.bin": b"b" * 20,
        }

    def test_good_archive(self, folders):
        archive = tar_of(*GOOD)
        with FaultServer(file=[whole(archive)]) as server:
            record = self.record(archive, server.url("file"))
            folder = fetch_folder(record, folders, QUICK)
            assert folder == folders.cache / "good"
            self.check(folder)
            before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
            assert fetch_folder(record, folders, QUICK) == folder
            after = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
            assert before == after, "a second call must not unpack again"
            assert len(server.requests) == 1

    @pytest.mark.filterwarnings("ignore:passed over")
    @pytest.mark.parametrize("damage", ["missing", "empty", "more"])
    def test_damaged_folder_is_unpacked_again(self, folders, damage):
        archive = tar_of(*GOOD)
        with FaultServer(file=[whole(archive)]) as server:
            record = self.record(archive, server.url("file"))
            folder = fetch_folder(record, folders, QUICK)
            if damage == "missing":
                (folder / "a.bin").unlink()
            elif damage == "empty":
                (folder / "b.bin").write_bytes(b"")
            else:
                (folder / "c.bin").write_bytes(b"c")
            self.check(fetch_folder(record, folders, QUICK))
            assert len(server.requests) == 1, "the archive was in the cache"

    def test_member_that_would_leave_its_folder_is_refused(self, folders, tmp_path):
        archive = tar_of(*GOOD, ("../../escaped.bin", b"x"))
        with FaultServer(file=[whole(archive)]) as server:
            text = fails(self.record(archive, server.url("file")), folders, getter=fetch_folder)
        assert "is not as it should be" in text
        assert final_names(folders) == {"good.tar.gz"}
        assert not list(tmp_path.rglob("*escaped*"))

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
        folders = DataFolders(cache=tmp_path / "cache", data_dir=lab, offline=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder = fetch_folder(self.record(archive, "http://unused"), folders)
        self.check(folder)
        assert folder == (folders.cache if staged == "archive" else lab) / "good"

    def test_staged_folder_that_is_not_whole(self, tmp_path):
        lab = tmp_path / "lab"
        (lab / "good").mkdir(parents=True)
        (lab / "good/a.bin").write_bytes(b"a" * 9)
        folders = DataFolders(cache=tmp_path / "cache", data_dir=lab, offline=True)
        record = self.record(tar_of(*GOOD), "http://unused")
        with pytest.warns(UserWarning, match="passed over"):
            text = fails(record, folders, getter=fetch_folder)
        assert f"{lab / 'good'}: 1 files match *.bin, not the 2 recorded" in text
        assert "unpacked, as good" in text
