"""Names sound the same in every script, so that reports of many languages meet."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import wires

from transforms.records import Entity
from transforms.stories.features import consonants, features
from transforms.vocabulary import EntityType


@pytest.mark.parametrize(
    "spellings",
    [
        ("Bristol", "Бристоль", "بريستول", "ברистול", "บริสตอล", "ब्रिस्टल", "브리스톨"),
        ("Putin", "Poutine", "Путин", "بوتين", "פוטין", "पुतिन", "푸틴"),
        ("Merkel", "Меркель", "ميركل", "Μέρκελ", "메르켈"),
        ("Trump", "Трамп", "ترامب", "Τραμπ", "ट्रम्प", "트럼프"),
        ("Pyongyang", "평양"),
        ("Samsung", "삼성"),
        ("Biden", "バイデン", "बाइडन"),
        ("Gaza", "ガザ"),
        ("Gandhi", "गांधी", "গান্ধী", "గాంధీ", "ਗਾਂਧੀ", "ଗାନ୍ଧୀ"),
    ],
)
def test_a_name_sounds_the_same_in_every_script(spellings: Sequence[str]) -> None:
    assert len(set(map(consonants, spellings))) == 1


@pytest.mark.parametrize(
    "name", ["नरेंद्र मोदी", "நரேந்திர மோடி", "নরেন্দ্র মোদী", "నరేంద్ర మోదీ"]
)
def test_a_name_is_read_word_by_word(name: str) -> None:
    entity = Entity(name, EntityType.PER, 1, ())
    article = wires.article("text", 1)
    found = features(dataclasses.replace(article, entities=(entity,)), ())
    # Of two consonants there are too many names.
    assert found.keys() == {f"~{consonants('Narendra')}"}
