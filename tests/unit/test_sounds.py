"""Names sound the same in every script, so that reports of many languages meet."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from transforms.stories.features import consonants


@pytest.mark.parametrize(
    "spellings",
    [
        ("Bristol", "Бристоль", "بريستول", "ברистול", "บริสตอล", "ब्रिस्टल", "브리스톨"),
        ("Putin", "Poutine", "Путин", "بوتين", "פוטין", "पुतिन", "푸틴"),
        ("Merkel", "Меркель", "ميركل", "Μέρκελ", "메르켈"),
        ("Trump", "Трамп", "ترامب", "Τραμπ", "ट्रम्प", "트럼프"),
        ("Pyongyang", "평양"),
        ("Samsung", "삼성"),
    ],
)
def test_a_name_sounds_the_same_in_every_script(spellings: Sequence[str]) -> None:
    assert len(set(map(consonants, spellings))) == 1
