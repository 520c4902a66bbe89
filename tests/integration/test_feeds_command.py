"""The list of feeds is edited from the command line, and its comments stay."""

from __future__ import annotations

import os
import re
import resource
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT
from news_site import Site

Command = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("dead_proxy_for_others")
OUTPUT = '[output]\npath = "out"\n'
FORMS = {
    "strings": 'feeds = ["https://a.example/f", "https://b.example/f"] # both\n',
    "lines": (
        'feeds = [\n  # the first\n  "https://a.example/f", # of A\n'
        '  { url = "https://b.example/f", name = "B" },\n  # the end\n]\n'
    ),
    "lines that end on the last": (
        'feeds = ["https://a.example/f", # of A\n  "https://b.example/f"]\n'
    ),
    "tables": (
        '[[source.feeds]]\nurl = "https://a.example/f" # of A\n\n'
        '[[source.feeds]]\nurl = "https://b.example/f"\nname = "B"\n'
    ),
    "none": "feeds = [\n  # nothing yet\n]\n",
    "absent": "",
}


@pytest.fixture
def feeds(newsbeam: Command, tmp_path: Path) -> Command:
    def command(*arguments: str) -> Any:
        return newsbeam("feeds", *arguments, folder=tmp_path)

    return command


def write(folder: Path, form: str, more: str = "") -> Path:
    path = folder / "newsbeam.toml"
    path.write_text(f"# My news.\n{more}[source] # what is read\n{FORMS[form]}{OUTPUT}")
    return path


def listed(path: Path) -> list[Any]:
    source = tomllib.loads(path.read_text())["source"]
    return [
        {"url": one} if isinstance(one, str) else one for one in source.get("feeds", [])
    ]


def comments(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line.partition("#")[2] for line in lines if "#" in line]


def problems(done: Any) -> list[str]:
    """Return what newsbeam says is wrong, without the log of the test's own server."""
    return [line for line in done.stderr.splitlines() if line.startswith("newsbeam: ")]


OPML = """<opml version="2.0"><body>
<outline text="A again" xmlUrl="https://a.example/f"/>
<outline text="C &amp; D" xmlUrl="https://c.example/f"/>
<outline text="E" xmlUrl="https://e.example/f"/>
</body></opml>"""


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_list_keeps_its_comments(
    feeds: Command, tmp_path: Path, form: str
) -> None:
    path = write(tmp_path, form)
    before, remarks = listed(path), comments(path)
    (tmp_path / "more.opml").write_text(OPML)
    done = feeds("import", "more.opml")
    assert (done.returncode, done.stderr) == (0, "")
    known = len(before) > 0
    assert done.stdout == f"{3 - known} feeds added, {int(known):,} listed already\n"
    added = [
        {"url": "https://c.example/f", "name": "C & D"},
        {"url": "https://e.example/f", "name": "E"},
    ]
    first = [] if known else [{"url": "https://a.example/f", "name": "A again"}]
    assert listed(path) == before + first + added
    assert comments(path) == remarks
    # What is disabled stays, and is enabled again by its name or its address.
    for given in ("https://e.example/f", "E"):
        assert feeds("disable", given).stdout == "disabled: https://e.example/f\n"
        assert listed(path)[-1] == added[-1] | {"enabled": False}
        assert feeds("enable", given).returncode == 0
        assert listed(path)[-1] == added[-1]
    assert feeds("disable", "https://a.example/f").returncode == 0
    assert listed(path)[0]["enabled"] is False
    assert feeds("remove", "https://e.example/f").returncode == 0
    assert feeds("remove", "C & D").returncode == 0
    assert [one["url"] for one in listed(path)] == [
        one["url"] for one in before + first
    ]
    assert set(remarks) - set(comments(path)) <= {" of A"}


A, B = '"https://a.example/f"', '"https://b.example/f"'


def test_what_would_not_be_written_is_not_called_done(
    feeds: Command, tmp_path: Path
) -> None:
    path = tmp_path / "newsbeam.toml"
    parts = f"[[source.feeds]]\nurl = {A}\n{OUTPUT}[[source.feeds]]\nurl = {B}\n"
    path.write_text(parts)
    done = feeds("remove", "https://b.example/f")
    assert (done.returncode, len(problems(done))) == (2, 1)
    assert done.stdout == ""
    assert "edit it by hand" in done.stderr
    assert path.read_text() == parts


def test_a_feed_that_is_listed_twice_is_edited_twice(
    feeds: Command, tmp_path: Path
) -> None:
    path = tmp_path / "newsbeam.toml"
    other = '"http://a.example/f"'
    path.write_text(f"[source]\nfeeds = [{A}, {B}, {A}, {other}]\n{OUTPUT}")
    assert feeds("disable", "https://a.example/f").returncode == 0
    asked = [one.get("enabled", True) for one in listed(path)]
    assert asked == [False, True, False, True]
    assert feeds("remove", "https://a.example/f").returncode == 0
    assert [one["url"] for one in listed(path)] == [B[1:-1], other[1:-1]]


def test_a_feed_is_found_at_a_page_and_listed(
    feeds: Command, site: Site, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        "lines",
        '[fetch]\ncontact = "me@example.org"\nallowed_networks = ["127.0.0.0/8"]\n'
        "feed_pause_seconds = 0\n",
    )
    for number in range(3):
        site.list(f"City{number}", updated=f"2026-11-2{number}T08:00:00Z")
    link = "<link rel=alternate type=application/atom+xml href="
    site.pages["/"] = (200, f"<html><head>{link}/feed>{link}/gone></head></html>")
    before = path.read_text()
    trial = feeds("add", site.server.url_for("/"), "--dry-run")
    assert path.read_text() == before
    assert trial.returncode == 0, trial.stderr
    assert "title     City News" in trial.stdout
    assert f'+  {{ url = "{site.url}", name = "City News" }},' in trial.stdout
    assert trial.stdout.endswith("\ndry run: nothing was written\n")
    done = feeds("add", site.server.url_for("/"), "--country", "PE", "--name", "CN")
    assert done.stdout.startswith(f"added: {site.url}\n  title     City News\n")
    assert listed(path)[-1] == {"url": site.url, "name": "CN", "country": "PE"}
    again = feeds("add", site.url)
    assert (again.returncode, len(problems(again))) == (2, 1)
    assert "already" in problems(again)[0]
    site.pages["/empty"] = (200, "<html><body>no feed</body></html>")
    for where, code in (("/empty", 2), ("/nowhere", 1)):
        failed = feeds("add", site.server.url_for(where))
        assert (failed.returncode, len(problems(failed))) == (code, 1)
    assert len(listed(path)) == 3


def test_what_is_disabled_is_not_asked(
    newsbeam: Command, site: Site, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        "absent",
        '[fetch]\ncontact = "me@example.org"\nallowed_networks = ["127.0.0.0/8"]\n',
    )
    text = path.read_text()
    feed = f'feeds = [{{ url = "{site.url}", enabled = false }}]\n'
    path.write_text(text.replace(OUTPUT, feed + OUTPUT))
    newsbeam("run", folder=tmp_path)
    assert site.requests == []
    checked = newsbeam("check", folder=tmp_path).stdout
    assert '"enabled" = false' in checked
    path.write_text(path.read_text().replace("false", "true"))
    newsbeam("run", folder=tmp_path)
    assert len(site.asked("/feed")) == 1
    path.write_text(path.read_text().replace("true", "false"))
    shown = newsbeam("status", "out", "--config", "newsbeam.toml", folder=tmp_path)
    assert f"disabled: {site.url}" in shown.stdout


def test_the_list_is_shown_and_exported(feeds: Command, tmp_path: Path) -> None:
    write(tmp_path, "lines")
    assert "https://b.example/f" in feeds("list").stdout
    exported = feeds("export").stdout
    (tmp_path / "out.opml").write_text(exported)
    assert exported.startswith("<?xml")
    other = tmp_path / "other.toml"
    other.write_text(OUTPUT)
    done = feeds("import", "out.opml", "--config", "other.toml")
    assert done.stdout == "2 feeds added, 0 listed already\n"
    assert [one["url"] for one in listed(other)] == [
        "https://a.example/f",
        "https://b.example/f",
    ]


def test_what_is_disabled_is_disabled_after_an_export_and_an_import(
    feeds: Command, newsbeam: Command, tmp_path: Path
) -> None:
    write(tmp_path, "lines")
    assert feeds("disable", "https://b.example/f").returncode == 0
    exported = feeds("export").stdout
    assert exported.count('isComment="true"') == 1
    (tmp_path / "out.opml").write_text(exported)
    other = tmp_path / "other.toml"
    other.write_text(OUTPUT)
    feeds("import", "out.opml", "--config", "other.toml")
    asked = {one["url"]: one.get("enabled", True) for one in listed(other)}
    assert asked == {"https://a.example/f": True, "https://b.example/f": False}
    assert feeds("export", "--config", "other.toml").stdout == exported
    source = "[source]\nopml = 'out.opml'\n[fetch]\ncontact = 'a@b.example'\n"
    other.write_text(OUTPUT + source)
    shown = feeds("list", "--config", "other.toml").stdout
    assert [line.split()[-2] for line in shown.splitlines()[1:]] == ["yes", "disabled"]
    assert feeds("export", "--config", "other.toml").stdout == exported
    done = newsbeam("run", "other.toml", "--dry-run", folder=tmp_path)
    assert done.stdout.splitlines() == [
        "https://a.example/f",
        "1 of 1 feeds are due and would be asked",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("add",), "feeds add: name what it is done with"),
        (("list", "x"), "feeds list: takes nothing more"),
        (("add", "ftp://a.example"), "not an http or https URL"),
        (("add", "https://a.example/", "--country", "UK"), "did you mean GB?"),
        (("remove", "https://no.example/"), "lists no feed"),
        (("import", "nowhere.opml"), "No such file"),
        (("list", "--config", "nowhere.toml"), "No such file"),
    ],
)
def test_wrong_input_is_one_line(
    feeds: Command, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    path = write(tmp_path, "lines", '[fetch]\ncontact = "me@example.org"\n')
    before = path.read_text()
    done = feeds(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert problem in done.stderr
    assert path.read_text() == before


@pytest.mark.parametrize("form", ["lines", "absent"])
def test_who_asks_a_page_for_feeds_says_who_it_is(
    feeds: Command, tmp_path: Path, form: str
) -> None:
    write(tmp_path, form)
    done = feeds("add", "https://a.example/")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fetch.contact: say in printable ASCII" in done.stderr


def test_a_page_that_does_not_answer_is_one_line(
    feeds: Command, tmp_path: Path
) -> None:
    write(tmp_path, "lines", '[fetch]\ncontact = "me@example.org"\n')
    done = feeds("add", "http://127.0.0.1:9/")
    assert (done.returncode, done.stdout) == (1, "")
    [problem] = problems(done)
    assert "127.0.0.1" in problem


def test_two_feeds_of_one_name_are_named_by_their_addresses(
    feeds: Command, tmp_path: Path
) -> None:
    path = write(tmp_path, "tables", '[fetch]\ncontact = "me@example.org"\n')
    path.write_text(path.read_text().replace("# of A", '\nname = "B"'))
    done = feeds("disable", "B")
    assert done.returncode == 2
    assert "'B' is 2 feeds: give the address" in done.stderr
    assert feeds("disable", "https://b.example/f").returncode == 0
    assert [one.get("enabled") for one in listed(path)] == [None, False]


def test_the_last_of_the_tables_is_removed(feeds: Command, tmp_path: Path) -> None:
    path = write(tmp_path, "tables")
    for url in ("https://a.example/f", "https://b.example/f"):
        done = feeds("remove", url)
        assert done.returncode == 0, done.stderr
    assert listed(path) == []
    assert "# what is read" in path.read_text()


def test_a_folder_without_a_configuration_has_no_list(feeds: Command) -> None:
    done = feeds("list")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no newsbeam.toml here: name a file with --config" in done.stderr


def test_feeds_of_a_list_in_opml_are_shown(feeds: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_text(OPML)
    write(tmp_path, "absent").write_text(f'[source]\nopml = "mine.opml"\n{OUTPUT}')
    done = feeds("list")
    assert done.returncode == 0, done.stderr
    assert re.findall(r"https://\S+", done.stdout) == [
        "https://a.example/f",
        "https://c.example/f",
        "https://e.example/f",
    ]


def test_a_file_that_cannot_be_written_is_refused(
    feeds: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "lines")
    monkeypatch.setattr(os, "access", lambda *_: False)
    done = feeds("disable", "B")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "enabled" not in path.read_text()


def test_a_disk_that_takes_no_more_leaves_the_file_as_it_was(
    feeds: Command, tmp_path: Path
) -> None:
    path = write(tmp_path, "lines")
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        done = feeds("disable", "B")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (done.returncode, done.stdout) == (2, "")
    assert problems(done) == ["newsbeam: newsbeam.toml: File too large"]
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


def test_the_real_list_can_be_edited(feeds: Command, tmp_path: Path) -> None:
    path = tmp_path / "newsbeam.toml"
    path.write_text((ROOT / "configs" / "world.toml").read_text())
    url = listed(path)[7]["url"]
    assert feeds("disable", url).returncode == 0
    assert listed(path)[7]["enabled"] is False
    remarks = comments(ROOT / "configs" / "world.toml")
    assert comments(path) == remarks
    assert feeds("enable", url).returncode == 0
    assert path.read_text() == (ROOT / "configs" / "world.toml").read_text()
