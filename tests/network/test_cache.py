"""--cache DIR: what was fetched once is not fetched again, whatever happens to the folder."""
import concurrent.futures
import os

import pytest
from conftest import query

MANY = 8


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cached(nginx, survey, folder, *options, **keywords):
    """The answer, and how many requests the server saw."""
    nginx.forget()
    done = query(nginx.url(survey.path.name), *(survey.question if not options else options), "--cache", folder, "--stats", "--json", **keywords)
    log = nginx.log(done.stats["requests"] if done.status == 0 else 0)
    if done.status == 0:
        assert done.stats["requests"] == len(log)
    return done.out, log


def assert_nothing_fetched(log):
    """At most the question whether the file has changed."""
    assert [logged.status for logged in log] in ([], [304])
    assert sum(logged.body_bytes for logged in log) == 0


def test_a_second_run_fetches_nothing_but_to_see_whether_the_file_changed(nginx, survey, tmp_path):
    first, log = cached(nginx, survey, tmp_path)
    assert first == survey.answer() and len(log) > 3
    second, again = cached(nginx, survey, tmp_path)
    assert second == first
    assert_nothing_fetched(again)


def test_a_part_of_what_is_cached_is_taken_from_it(nginx, survey, tmp_path):
    cached(nginx, survey, tmp_path, survey.box)
    answer, log = cached(nginx, survey, tmp_path)
    assert answer == survey.answer()
    assert_nothing_fetched(log)


def test_addresses_that_differ_in_their_query_share_the_cache(nginx, survey, tmp_path):
    """Signed URLs are new each time."""
    url = nginx.url(survey.path.name)
    query(url + "?X-Amz-Signature=first", *survey.question, "--cache", tmp_path)
    nginx.forget()
    assert query(url + "?X-Amz-Signature=second", *survey.question, "--cache", tmp_path).out == survey.answer()
    assert_nothing_fetched(nginx.log())
    assert not any(b"X-Amz-Signature" in path.read_bytes() or "Signature" in path.name for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", ["flipped byte", "cut", "emptied", "grown", "swapped", "folder instead"])
def test_damaged_entries_are_noticed(nginx, survey, tmp_path, damage):
    cached(nginx, survey, tmp_path)
    files = sorted((path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size), key=lambda path: path.stat().st_size)
    assert files
    contents = [path.read_bytes() for path in files]
    for at, path in enumerate(files):
        content = bytearray(contents[at])
        if damage == "flipped byte":
            content[len(content) // 2] ^= 1
        elif damage == "cut":
            content = content[:len(content) // 2]
        elif damage == "emptied":
            content = b""
        elif damage == "grown":
            content += b"\0" * 100
        elif damage == "swapped":
            content = contents[(at + 1) % len(files)]
        elif damage == "folder instead":
            path.unlink()
            path.mkdir()
            continue
        path.write_bytes(content)
    answer, _ = cached(nginx, survey, tmp_path)
    assert answer == survey.answer()
    assert cached(nginx, survey, tmp_path)[0] == survey.answer()


def test_a_changed_file_is_noticed(nginx, survey, tmp_path):
    path = survey.folder / "changing.copc.laz"
    path.write_bytes(survey.path.read_bytes())
    url = nginx.url(path.name)
    query(url, "--level", 1, "--count", "--cache", tmp_path / "cache")
    path.write_bytes(survey.small.read_bytes())
    os.utime(path, (2_000_000_000, 2_000_000_000))
    assert query(url, "--cache", tmp_path / "cache").out == query(survey.small).out


def test_many_processes_at_once(nginx, survey, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(MANY) as pool:
        runs = [pool.submit(query, nginx.url(survey.path.name), *survey.question, "--cache", tmp_path) for _ in range(MANY)]
        assert all(run.result().out == survey.answer() for run in runs)
    assert_nothing_fetched(cached(nginx, survey, tmp_path)[1])


def test_many_processes_at_once_in_little_room(nginx, survey, tmp_path):
    """Entries go while others read them."""
    with concurrent.futures.ThreadPoolExecutor(MANY) as pool:
        runs = [pool.submit(query, nginx.url(survey.path.name), *survey.question, "--cache", tmp_path, "--cache-size", "300K") for _ in range(MANY)]
        assert all(run.result().out == survey.answer() for run in runs)


def test_the_folder_stays_within_its_size(nginx, survey, tmp_path):
    limit = 500_000
    answer, _ = cached(nginx, survey, tmp_path, "--cache-size", "500K", "--fields", "X,Y,Z,GpsTime,Red", survey.box, survey.time)
    assert answer == survey.answer()
    query(nginx.url(survey.path.name), "--count", "--cache", tmp_path, "--cache-size", "500K")
    assert folder_bytes(tmp_path) <= limit


def test_a_folder_that_cannot_be_written_is_an_error(nginx, survey, tmp_path):
    file = tmp_path / "file"
    file.write_text("not a folder")
    done = query(nginx.url(survey.path.name), "--count", "--cache", file, status=None)
    assert done.status in (2, 3) and done.first_line.startswith("copse: "), done.said
    assert file.read_text() == "not a folder"


def test_a_foreign_file_in_the_folder_is_left_alone(nginx, survey, tmp_path):
    mine = tmp_path / "thesis.txt"
    mine.write_text("not a cache entry" * 100000)
    query(nginx.url(survey.path.name), "--count", "--cache", tmp_path, "--cache-size", "100K")
    assert mine.read_text() == "not a cache entry" * 100000
