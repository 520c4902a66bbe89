"""A configuration's list of feeds as a file: odd ones, and what is none."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipeline.configuration.feed_file import FeedFile
from transforms.errors import ConfigError

A = '"https://a.example/f"'
ODD = {
    "lines end as on Windows": f"[source]\r\nfeeds = [\r\n  {A}, # x\r\n]\r\n",
    "tables, too": f"[[source.feeds]]\r\nurl = {A} # x\r\n",
    "the last line has no end": f"# x\n[[source.feeds]]\nurl = {A}",
    "keys have dots": f"source.feeds = [{A}] # x\n",
    "on one line": f"source = {{ feeds = [{{ url = {A} }}] }} # x\n",
    "a mark begins it": f"\ufeff[source]\nfeeds = [ # x\n{A}\n]\n",
    "before the section": f"[[source.feeds]]\nurl = {A}\n[source] # x\nopml = 'o'\n",
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_files_are_edited_as_they_are(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "newsbeam.toml"
    path.write_bytes(ODD[odd].encode())
    for number in (1, 2):
        file = FeedFile(path)
        file.add({"url": f"https://{number}.example/f", "name": 'Ж "1"'})
        file.write()
    file = FeedFile(path)
    file.enable(1, wanted=False)
    file.write()
    text = path.read_bytes().decode()
    assert "# x" in text
    assert text.count("\r\n") in {0, text.count("\n")}
    assert text.startswith("\ufeff") is ODD[odd].startswith("\ufeff")
    read = tomllib.loads(text.removeprefix("\ufeff"))["source"]["feeds"]
    assert read[1:] == [
        {"url": "https://1.example/f", "name": 'Ж "1"', "enabled": False},
        {"url": "https://2.example/f", "name": 'Ж "1"'},
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file or directory"),
        (b"[source]\nfeeds = ['\xff']", "can't decode byte 0xff"),
        (b"[source]\nfeeds = [", "Unexpected character"),
    ],
)
def test_what_is_no_list_is_said(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "newsbeam.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"newsbeam\.toml: .*{problem}"):
        FeedFile(path)
