"""Everything that can go wrong between a server and the cache, against a server on this machine.

Each case ends in success or in one DataError that says all a reader needs, and never leaves
anything unchecked under a final name.
"""

import errno
import hashlib
import io
import multiprocessing
import os
import socket
import sys
import time
import warnings
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest
from data_files import place, tar_of, zip_of
from fault_server import FaultServer, status, whole, wrong_part

from course_utils.data import fetch as fetch_module
from course_utils.data.fetch import DataError, DataFolders, Patience, fetch, fetch_folder
from course_utils.data.sources import FolderContents, Record, digest_of

CONTENT = bytes(range(256)) * 800  # 204,800 bytes
HALF = len(CONTENT) // 2
REST = f"bytes={HALF}-"
# Long enough for a busy machine; IMPATIENT is for servers that do stall.
QUICK = Patience(connect=10, read=10, attempts=3, pause=0.01)
IMPATIENT = replace(QUICK, read=0.3)


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


def succeeds(record, folders, patience=QUICK):
    path = fetch(record, folders, patience)
    assert path.read_bytes() == CONTENT
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

    @pytest.mark.parametrize(
        ("reply", "reason", "requests"),
        [
            (status(404), "HTTP 404", 1),
            (status(500), "HTTP 500 Internal Server Error (3 attempts)", 3),
            (whole(bytes(len(CONTENT))), "wrong bytes", 1),
            (whole(CONTENT + b"more"), "wrong size: offers 204,804 bytes, not 204,800", 1),
            (whole(CONTENT + b"more", length=False), "wrong size: sends more than 204,800", 1),
            (whole(CONTENT[:-9]), "wrong size: offers 204,791 bytes", 1),
            # One attempt that brings something new, then as many as allowed that do not.
            (whole(CONTENT[:-9], ranges=False, length=False), "cut off after 204,791", 4),
            (whole(CONTENT, ranges=False, end=HALF), "cut off after 102,400 of 204,800 bytes", 4),
        ],
    )
    def test_bad_server(self, folders, reply, reason, requests):
        with FaultServer(file=[reply]) as server:
            text = fails(record_of(CONTENT, server.url("file")), folders)
            assert reason in reason_for(text, server.url("file"))
            assert len(server.requests) == requests
        assert final_names(folders) == set()

    def test_server_error_then_success(self, folders):
        with FaultServer(file=[status(500), status(503), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert len(server.requests) == 3

    def test_stall(self, folders):
        with FaultServer(
            file=[whole(CONTENT, end=HALF, after=20), status(404), whole(CONTENT)]
        ) as server:
            record = record_of(CONTENT, server.url("file"))
            begun = time.monotonic()
            text = fails(record, folders, replace(IMPATIENT, attempts=1))
            assert time.monotonic() - begun < 5
            assert "HTTP 404" in reason_for(text, server.url("file"))
            # The next session goes on where this one stopped.
            succeeds(record, folders)
            assert [request.range for request in server.requests] == [None, REST, REST]

    def test_silence(self, folders):
        with FaultServer(file=[whole(CONTENT, end=0, after=20)]) as server:
            text = fails(record_of(CONTENT, server.url("file")), folders, IMPATIENT)
            reason = "timed out, after 0 of 204,800 bytes (3 attempts)"
            assert reason in reason_for(text, server.url("file"))

    def test_every_mirror_is_named_with_its_own_reason(self, folders):
        with (
            socket.socket() as held,
            FaultServer(b=[status(403)], c=[whole(CONTENT[1:])], d=[whole(CONTENT)]) as server,
        ):
            held.bind(("127.0.0.1", 0))  # taken, but nobody listens
            dead = f"http://127.0.0.1:{held.getsockname()[1]}/file"
            urls = [dead, server.url("b"), server.url("c")]
            text = fails(record_of(CONTENT, *urls), folders)
            succeeds(record_of(CONTENT, *urls, server.url("d")), folders)
        for url, reason in zip(urls, ["Connection refused", "403", "wrong size"], strict=True):
            assert reason in reason_for(text, url)


class TestResuming:
    @pytest.mark.parametrize(
        ("replies", "asked", "sent"),
        [
            ([whole(CONTENT)], [REST], [HALF]),
            ([whole(CONTENT, ranges=False)], [REST], [2 * HALF]),
            ([status(416), whole(CONTENT)], [REST, None], [0, 2 * HALF]),
            ([wrong_part(CONTENT), whole(CONTENT)], [REST, None], None),
        ],
        ids=["the rest", "no ranges", "refused", "another part"],
    )
    def test_cut_at_half(self, folders, replies, asked, sent):
        with FaultServer(file=[whole(CONTENT, end=HALF), *replies]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            first, *others = server.requests
            assert (first.range, first.sent) == (None, HALF)
            assert [request.range for request in others] == asked
            if sent:
                assert [request.sent for request in others] == sent

    def test_progress_gives_new_patience(self, folders):
        steps = [whole(CONTENT, end=at) for at in range(20_000, len(CONTENT), 20_000)]
        assert len(steps) > QUICK.attempts
        with FaultServer(file=[*steps, whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
            assert sum(request.sent for request in server.requests) == len(CONTENT)

    def test_part_with_wrong_bytes_is_dropped(self, folders):
        """A mirror that sent rubbish must not spoil what the next one sends."""
        rubbish = whole(bytes(len(CONTENT)), end=HALF)
        with FaultServer(bad=[rubbish, status(404)], good=[whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("bad"), server.url("good")), folders)
            assert [request.range for request in server.requests] == [None, REST, REST, None]

    @pytest.mark.parametrize("quiet", [True, False])
    def test_what_a_killed_process_left_is_used_once_it_is_quiet(self, folders, quiet):
        place(folders.cache, {"set/file.bin.part": CONTENT[:HALF]})
        left = folders.cache / "set/file.bin.part"
        if quiet:
            os.utime(left, (time.time() - 100,) * 2)
        with FaultServer(file=[whole(CONTENT)]) as server:
            fetch(record_of(CONTENT, server.url("file")), folders, QUICK)
            assert server.requests[0].range == (REST if quiet else None)
        assert left.exists() != quiet, "what may still be written to is left alone"

    def test_two_processes_do_not_spoil_one_file(self, folders):
        spawn = multiprocessing.get_context("spawn")
        with (
            FaultServer(file=[whole(CONTENT, before=1.0)]) as server,
            ProcessPoolExecutor(2, spawn) as pool,
        ):
            record = record_of(CONTENT, server.url("file"))
            both = [pool.submit(fetch, record, folders, QUICK) for _ in range(2)]
            (path,) = {each.result(timeout=60) for each in both}
        assert path.read_bytes() == CONTENT
        assert final_names(folders) == {"set/file.bin"}


class TestCache:
    def test_corrupted_file_is_fetched_again(self, folders):
        place(folders.cache, {"set/file.bin": bytes(len(CONTENT))})
        with FaultServer(file=[status(404), whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            with pytest.warns(UserWarning, match="sha256 is not the recorded one"):
                text = fails(record, folders)
            reason = "its sha256 is not the recorded one"
            assert f"{folders.cache / 'set/file.bin'}: {reason}" in text
            with pytest.warns(UserWarning, match=reason):
                succeeds(record, folders)
            assert len(server.requests) == 2

    def test_offline_asks_nobody(self, folders):
        folders = replace(folders, offline=True)
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            text = fails(record, folders)
            assert server.requests == []
        assert "COURSE_OFFLINE" in text
        assert "not tried" in reason_for(text, record.urls[0])
        assert not folders.cache.exists()

    def test_cache_below_a_file(self, tmp_path):
        place(tmp_path, {"taken": b"a file, not a folder"})
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            text = fails(record, DataFolders(cache=tmp_path / "taken" / "cache"))
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

    @pytest.mark.parametrize("notebook", [True, False])
    def test_progress_is_shown_where_somebody_looks(self, folders, monkeypatch, capsys, notebook):
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        if notebook:
            monkeypatch.setitem(sys.modules, "ipykernel", sys)
        with FaultServer(file=[whole(CONTENT, end=HALF), whole(CONTENT)]) as server:
            succeeds(record_of(CONTENT, server.url("file")), folders)
        shown = capsys.readouterr().err
        assert ("file.bin:  50%" in shown, "file.bin: 100%" in shown) == (notebook, notebook)


@pytest.fixture
def staged(tmp_path):
    """An empty folder that COURSE_DATA_DIR names; no network."""
    (tmp_path / "lab").mkdir()
    return DataFolders(cache=tmp_path / "cache", data_dir=tmp_path / "lab", offline=True)


class TestStaged:
    @pytest.mark.parametrize("where", ["file.bin", "set/file.bin"])
    def test_original_is_used_where_it_lies(self, staged, where):
        place(staged.data_dir, {where: CONTENT})
        assert fetch(record_of(CONTENT, "http://unused"), staged) == staged.data_dir / where
        assert not staged.cache.exists(), "nothing is copied"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (CONTENT[:-1], "204,799 bytes where 204,800 are recorded"),
            (bytes(len(CONTENT)), "its sha256 is not the recorded one"),
        ],
    )
    def test_wrong_file_is_told_of_and_passed_over(self, staged, content, reason):
        path = staged.data_dir / "file.bin"
        place(staged.data_dir, {"file.bin": content})
        with FaultServer(file=[whole(CONTENT)]) as server:
            record = record_of(CONTENT, server.url("file"))
            with pytest.warns(UserWarning, match="passed over"):
                assert f"{path}: {reason}" in fails(record, staged)
            with pytest.warns(UserWarning, match="passed over"):
                succeeds(record, replace(staged, offline=False))
        assert path.read_bytes() == content, "what others staged is left alone"

    def test_folder_that_is_not_there(self, staged):
        staged.data_dir.rmdir()
        with pytest.warns(UserWarning, match="is not a folder"):
            text = fails(record_of(CONTENT, "http://unused"), staged)
        assert f"COURSE_DATA_DIR: {staged.data_dir} is not a folder" in text


GOOD = {"good/a.bin": b"a" * 10, "good/b.bin": b"b" * 20}
ARCHIVE = tar_of(GOOD)
CONTENTS = FolderContents("good", "*.bin", 2)


class TestArchives:
    def record(self, url="http://unused"):
        return record_of(ARCHIVE, url, name="good.tar.gz", folder="", contents=CONTENTS)

    def check(self, folder):
        assert {f"good/{path.name}": path.read_bytes() for path in folder.iterdir()} == GOOD

    def test_good_archive(self, folders):
        with FaultServer(file=[whole(ARCHIVE)]) as server:
            record = self.record(server.url("file"))
            folder = fetch_folder(record, folders, QUICK)
            assert folder == folders.cache / "good"
            self.check(folder)
            before = folder.stat().st_ctime_ns
            assert fetch_folder(record, folders, QUICK) == folder
            assert folder.stat().st_ctime_ns == before, "a second call must not unpack again"
            assert len(server.requests) == 1

    def test_zip_of_which_only_some_is_unpacked(self, folders):
        archive = zip_of({**GOOD, "good/c.txt": b"c"})
        contents = replace(CONTENTS, members=tuple(GOOD))
        with FaultServer(file=[whole(archive)]) as server:
            record = record_of(
                archive, server.url("file"), name="good.zip", folder="", contents=contents
            )
            self.check(fetch_folder(record, folders, QUICK))
        assert [path.name for path in folders.cache.iterdir()] == ["good"]

    @pytest.mark.filterwarnings("ignore:passed over")
    @pytest.mark.parametrize("damage", [{"b.bin": b""}, {"c.bin": b"c"}, None])
    def test_damaged_folder_is_unpacked_again(self, folders, damage):
        with FaultServer(file=[whole(ARCHIVE), whole(ARCHIVE)]) as server:
            record = self.record(server.url("file"))
            folder = fetch_folder(record, folders, QUICK)
            if damage:
                place(folder, damage)
            else:
                (folder / "a.bin").unlink()
            self.check(fetch_folder(record, folders, QUICK))
            assert len(server.requests) == 2, "an unpacked archive is not kept"

    @pytest.mark.parametrize("packed", [True, False])
    def test_staged_by_hand(self, staged, packed):
        place(staged.data_dir, {"good.tar.gz": ARCHIVE} if packed else GOOD)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            folder = fetch_folder(self.record(), staged)
        self.check(folder)
        assert folder == (staged.cache if packed else staged.data_dir) / "good"

    def test_staged_folder_that_is_not_whole(self, staged):
        place(staged.data_dir, {"good/a.bin": b"a" * 9})
        with pytest.warns(UserWarning, match="passed over"):
            text = fails(self.record(), staged, getter=fetch_folder)
        assert f"{staged.data_dir / 'good'}: 1 files match *.bin, not the 2 recorded" in text
        assert "unpacked, as good" in text


PACKED = {f"repository-c0ffee/{name}": content for name, content in GOOD.items()}
PACKED["repository-c0ffee/README.md"] = b"not of the set"


class TestPackedOnDemand:
    """Archives of a commit, which the server may pack anew: only what comes out is known."""

    @pytest.fixture
    def record(self, tmp_path):
        place(tmp_path / "made", GOOD)
        digest = digest_of(tmp_path / "made/good", ["a.bin", "b.bin"])
        inside = "repository-c0ffee/good"
        contents = replace(CONTENTS, name="mine", digest=digest, inside=inside)
        record = record_of(b"x" * 99, "http://unused", name="mine.zip", contents=contents)
        return replace(record, sha256="")

    def check(self, folder):
        assert {f"good/{path.name}": path.read_bytes() for path in folder.iterdir()} == GOOD

    @pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    @pytest.mark.parametrize("length", [True, False])
    def test_any_packing_is_accepted(self, folders, record, compression, length):
        reply = whole(zip_of(PACKED, compression), length=length)
        with FaultServer(file=[reply]) as server:
            record = replace(record, urls=(server.url("file"),))
            folder = fetch_folder(record, folders, QUICK)
            assert fetch_folder(record, folders, QUICK) == folder == folders.cache / "set/mine"
            assert len(server.requests) == 1
        self.check(folder)
        assert [path.name for path in folder.parent.iterdir()] == ["mine"]

    def test_cut_off_then_goes_on(self, folders, record):
        archive = zip_of(PACKED)
        with FaultServer(file=[whole(archive, end=200), whole(archive)]) as server:
            record = replace(record, urls=(server.url("file"),))
            self.check(fetch_folder(record, folders, QUICK))
            assert [request.range for request in server.requests] == [None, "bytes=200-"]

    @pytest.mark.parametrize(
        ("archive", "reason"),
        [
            (zip_of({**PACKED, "repository-c0ffee/good/a.bin": b"A" * 10}), "the sha256 over its"),
            (zip_of(dict(list(PACKED.items())[1:])), "1 files match *.bin, not the 2 recorded"),
            (zip_of(GOOD), "0 files match *.bin, not the 2 recorded"),
            (zip_of(PACKED)[:-30], "not a whole zip archive"),
            (b"<html>", "not a whole zip archive"),
        ],
    )
    def test_wrong_content_is_that_mirrors_failure(self, folders, record, archive, reason):
        with FaultServer(bad=[whole(archive)], good=[whole(zip_of(PACKED))]) as server:
            record = replace(record, urls=(server.url("bad"),))
            text = fails(record, folders, getter=fetch_folder)
            assert f"wrong bytes: {reason}" in reason_for(text, server.url("bad"))
            assert final_names(folders) == set()
            record = replace(record, urls=(*record.urls, server.url("good")))
            self.check(fetch_folder(record, folders, QUICK))

    @pytest.mark.parametrize("packed", [True, False])
    def test_staged_by_hand(self, staged, record, packed):
        files = {f"mine/{name[5:]}": content for name, content in GOOD.items()}
        place(staged.data_dir, {"set/mine.zip": zip_of(PACKED)} if packed else files)
        folder = fetch_folder(record, staged)
        self.check(folder)
        assert folder == (staged.cache / "set/mine" if packed else staged.data_dir / "mine")

    @pytest.mark.parametrize(
        ("files", "where", "problem"),
        [
            (
                {"mine/a.bin": b"A" * 10, "mine/b.bin": b"b" * 20},
                "mine",
                "the sha256 over its 2 files is not the recorded one",
            ),
            ({"mine/b.bin": b"b"}, "mine", "1 files match *.bin, not the 2 recorded"),
            ({"mine.zip": b"A" * 99}, "mine.zip", "not a whole zip archive"),
        ],
    )
    def test_altered_by_hand(self, staged, record, files, where, problem):
        place(staged.data_dir, files)
        with pytest.warns(UserWarning, match="passed over"):
            text = fails(record, staged, getter=fetch_folder)
        assert f"{staged.data_dir / where}: {problem}\n" in text
        digest = record.contents.digest
        assert f"mine.zip, about 99 bytes, 2 files in it with sha256 {digest} over all." in text
        assert "unpacked, its folder repository-c0ffee/good as mine." in text
