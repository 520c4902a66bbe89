from __future__ import annotations

import pydantic
import pytest

from transforms.enrich.language import LanguageOptions, detect_language

OPTIONS = LanguageOptions()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Le président est arrivé mardi en Russie pour une rencontre.", "fr"),
        ("The council voted on Tuesday to rebuild the bridge.", "en"),
        ("Der Stadtrat stimmte am Dienstag für den Neubau der Brücke.", "de"),
        ("Президент прибыл в Казань для встречи с министром.", "ru"),
        ("市议会周二投票决定重建这座旧桥。", "zh"),
        ("대통령은 화요일 러시아에 도착했다.", "ko"),
    ],
)
def test_languages(text: str, language: str) -> None:
    found, score = detect_language(None, text, OPTIONS)
    assert found == language
    assert score is not None
    assert score >= OPTIONS.min_score


@pytest.mark.parametrize(
    "text", ["", "12 345,67 – 2026", "OK", "https://x.y/z?a=1", "xq"]
)
def test_what_does_not_tell_is_null(text: str) -> None:
    assert detect_language(None, text, OPTIONS) == (None, None)


def test_a_restricted_set_decides_among_its_own() -> None:
    options = LanguageOptions(languages=("sv", "da"), min_score=0)
    found, _ = detect_language(
        None, "Kommunestyret vedtok tirsdag å bygge broen", options
    )
    assert found in {"sv", "da"}


def test_unknown_languages_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="does not know xx"):
        LanguageOptions(languages=("fr", "xx"))
