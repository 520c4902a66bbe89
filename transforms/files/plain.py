"""Plain text and HTML: one article a file."""

from __future__ import annotations

from collections.abc import Iterator

from transforms.errors import Unreadable
from transforms.files.file import SourceFile
from transforms.records import Document
from transforms.text import charset
from transforms.vocabulary import Media, Reason, TextSource

# Above this share of unprintable characters a file is data, not text.
_MAX_JUNK = 0.05
_SAMPLE_CHARACTERS = 4_096


def read_text(file: SourceFile) -> Iterator[Document]:
    """Yield the text; raises Unreadable if the bytes are not text in any charset."""
    text = charset.decode(file.read_whole())
    sample = text[:_SAMPLE_CHARACTERS]
    junk = sum(c == "\ufffd" or (c < " " and not c.isspace()) for c in sample)
    if junk > _MAX_JUNK * len(sample):
        raise Unreadable(Reason.MALFORMED, "not text in any known charset")
    yield _document(file, text, Media.TEXT)


def read_html(file: SourceFile) -> Iterator[Document]:
    """Yield the page as bytes: its charset is declared inside."""
    yield _document(file, file.read_whole(), Media.HTML)


def _document(file: SourceFile, content: bytes | str, media: Media) -> Document:
    return Document(
        content=content,
        media=media,
        text_source=TextSource.FILE,
        fetched_at=file.read_at,
        path=file.path,
    )
