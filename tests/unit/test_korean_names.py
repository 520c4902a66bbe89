"""Korean names: without particles, with all their syllables, and before titles."""

from __future__ import annotations

import pytest

from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.naming.korean import people, whole
from transforms.vocabulary import EntityType

PER, ORG, LOC, _ = EntityType


@pytest.mark.parametrize(
    ("text", "found", "kind", "name"),
    [
        ("두산 베어스는 졌다", "두산 베어스는", ORG, "두산 베어스"),
        ("임진각 평화공원의 모습", "임진각 평화공원의", LOC, "임진각 평화공원"),
        ("진종오는 출전했다", "진종", PER, "진종오"),
        ("이자벨 아자니의 미모", "벨 아자니", PER, "이자벨 아자니"),
        ("광안리해수욕장은 흐렸다", "광안리해수욕", LOC, "광안리해수욕장"),
        # What is written as one with a place is no part of it.
        ("미국식 코미디", "미국", LOC, "미국"),
        ("미국은 답했다", "미국", LOC, "미국"),
        ("배우 이유리 주연", "이유리 주연", PER, "이유리"),
        # A name of three syllables may end like a particle.
        ("이성은 의원", "이성은", PER, "이성은"),
        ("삼성전자 tvN 방송", "tvN", ORG, "tvN"),
    ],
)
def test_a_name_ends_where_its_particle_begins(
    text: str, found: str, kind: EntityType, name: str
) -> None:
    start = text.index(found)
    first, last = whole(text, start, start + len(found), kind)
    assert text[first:last] == name


def test_a_family_name_and_two_syllables_before_a_title_are_a_person() -> None:
    text = "김미희 의원은 손재학 전 차관과 만났다. 정의당 대표, 서울시 의원"
    text += ", 강남구 지사, 한국인 감독, 문재인 대통령"
    assert [text[start:end] for start, end in people(text)] == [
        "김미희",
        "손재학",
        "문재인",
    ]


def test_korean_articles_have_people_organisations_and_places() -> None:
    entities, model = find_entities(
        title=None,
        text="문재인 대통령은 서울에서 삼성전자 회장을 만났다. 독일과 핀란드를 방문한다.",
        language="ko",
        options=EntityOptions(),
        gazetteer=load_gazetteer(),
    )
    assert model is not None
    assert {(entity.name, entity.type) for entity in entities} >= {
        ("문재인", PER),
        ("서울", LOC),
        ("독일", LOC),
        ("핀란드", LOC),
    }


def test_the_letters_of_two_countries_are_a_place_each() -> None:
    entities, _ = find_entities(
        title="미중 정상회담",
        text="서울에서 한일 관계를 논의했다.",
        language="ko",
        options=EntityOptions(),
        gazetteer=load_gazetteer(),
    )
    assert {(entity.name, entity.canonical) for entity in entities} == {
        ("미", "United States"),
        ("중", "China"),
        ("한", "South Korea"),
        ("일", "Japan"),
        ("서울", None),
    }
