"""What is known of names beside the model: organisations, tables, cities, letters joined."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from transforms.enrich.entities import (
    EntityOptions,
    find_entities,
    vocabulary_of,
)
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.geography.towns import load_towns
from transforms.enrich.naming.doubts import Vocabulary
from transforms.enrich.naming.edges import prefixes
from transforms.enrich.naming.mentions import gather
from transforms.enrich.naming.organisations import is_organisation
from transforms.enrich.naming.results import is_club
from transforms.enrich.naming.spans import Span, correct
from transforms.vocabulary import EntityType, Field

PER, ORG, LOC, MISC = EntityType


def corrected(
    text: str,
    name: str,
    kind: EntityType,
    language: str = "en",
    score: float = 1.0,
    **words: Any,
) -> list[tuple[str, EntityType]]:
    start = text.index(name)
    span = Span(start, start + len(name), kind, score=score)
    matches = load_gazetteer().find(text, language)
    vocabulary = dataclasses.replace(Vocabulary(language=language), **words)
    found = correct(text, Field.TEXT, [span], matches, vocabulary)
    return [(text[s.start : s.end], s.type) for s in found]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Sinn Féin", "en"),
        ("Fidesz", "hu"),
        ("PiS", "pl"),
        ("SPD", "de"),
        ("Parti socialiste", "fr"),
        ("Liên minh châu Âu", "vi"),
        ("Ria Novosti", "fr"),
        ("Минобрнауки", "ru"),
        ("Верховної Ради", "uk"),
    ],
)
def test_parties_agencies_and_unions_are_organisations(
    name: str, language: str
) -> None:
    assert is_organisation(name, language)
    assert corrected(f"– {name} –", name, LOC, language) == [(name, ORG)]


@pytest.mark.parametrize("name", ["Pis", "Labour", "Union", "Минск", "Росток"])
def test_a_word_that_names_other_things_too_is_left_to_the_model(name: str) -> None:
    assert not is_organisation(name, "en")


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("Falkirk 17 9 2 6 18 29", "Falkirk", True),
        ("Attendance\n12 Falkirk 17 9 2 6", "Falkirk", True),
        ("WASHINGTON 13 12 1 69 66 27", "WASHINGTON", True),
        ("FLORIDA 17 4 6 83 53 40", "FLORIDA", True),
        # Temperatures, shares, votes.
        ("Weather\nParis 18 22 15\nLyon 17 24 12", "Paris", False),
        ("Weather\nOslo 2 8\nRome 12 19", "Oslo", False),
        ("Shares, close, high, low\nOslo 219 224 216", "Oslo", False),
        ("Election results: votes, seats\nLeeds 45 33 21 1\n", "Leeds", False),
        ("Paris 31,4 | 29,8 | 22,1 | 8,3", "Paris", False),
        ("Wetter\nBerlin 11-17", "Berlin", False),
        ("Bundesliga\nBochum 34 31 27", "Bochum", True),
        ("Итоги тура чемпионата России\nРостов 3:1", "Ростов", True),
        ("足球比分\n上海 3 1 2", "上海", True),
        ("Luton 2-1 Boreham Wood", "Luton", True),
        ("Luton 2 Boreham Wood 1", "Luton", True),
        ("Luton 2 Boreham Wood 1", "Boreham Wood", True),
        ("He moved to Falkirk 17 years ago.", "Falkirk", False),
        ("In Falkirk 17 9 2", "Falkirk", False),
        ("Falkirk 17 9 2 were the numbers that were drawn.", "Falkirk", False),
        ("Falkirk 17 9 2 6 18 +11 | 29\nLuton", "Falkirk", True),
    ],
)
def test_places_in_results_are_clubs(line: str, name: str, *, expected: bool) -> None:
    start = line.index(name)
    assert is_club(line, start, start + len(name)) is expected


@pytest.mark.parametrize("word", ["العسكريين", "المسيحيون", "والسرياليين", "للمسيحيين"])
def test_arabic_people_of_a_kind_are_no_person(word: str) -> None:
    assert corrected(f"قال عدد من {word} ذلك", word, PER, "ar") == []


def test_an_arabic_name_that_ends_like_a_plural_stays_a_person() -> None:
    assert corrected("قال حسين ذلك", "حسين", PER, "ar") == [("حسين", PER)]
    assert corrected("قال عدنان الأمين ذلك", "عدنان الأمين", PER, "ar") == [
        ("عدنان الأمين", PER)
    ]


def test_a_country_in_a_table_stays_a_place() -> None:
    assert corrected("France 7 3 2 2", "France", LOC) == [("France", LOC)]
    assert corrected("Falkirk 7 3 2 2", "Falkirk", LOC) == [("Falkirk", ORG)]


@pytest.mark.parametrize(
    ("text", "name", "kind", "expected"),
    [
        ("the Houston-area firm", "Houston-area", LOC, "Houston"),
        ("a Franco-African summit", "Franco-African summit", MISC, "Franco-African"),
        ("said Judge Jones", "Judge Jones", PER, "Jones"),
        (
            "said Gen. Pervez Musharraf",
            "Gen. Pervez Musharraf",
            PER,
            "Pervez Musharraf",
        ),
        ("(KNA/iz).", "KNA/iz", ORG, "KNA"),
        ("par la Coordination d’un", "Coordination d’un", ORG, "Coordination"),
        (
            "la Ligue nationale de hockey de l’été",
            "Ligue nationale de hockey de",
            ORG,
            "Ligue nationale de hockey",
        ),
        (
            "said Massachusetts Gov. Deval Patrick",
            "Massachusetts Gov",
            ORG,
            "Massachusetts",
        ),
        (
            "as Bartholomew County Sheriff Chris Lane",
            "Bartholomew County Sheriff",
            LOC,
            "Bartholomew County",
        ),
        ("in den Lake District hinein", "Lake District", LOC, "Lake District"),
    ],
)
def test_what_stands_beside_a_name_is_left_out(
    text: str, name: str, kind: EntityType, expected: str
) -> None:
    assert corrected(text, name, kind) == [(expected, kind)]


def test_a_place_and_its_state_are_two() -> None:
    found = corrected("from Albuquerque, N.M. today", "Albuquerque, N.M.", LOC)
    assert found == [("Albuquerque", LOC), ("N.M.", LOC)]


def test_no_comma_is_left_where_a_word_behind_a_person_goes() -> None:
    found = corrected("a declarat Paz Zárate, expert", "Paz Zárate, expert", PER, "ro")
    assert found == [("Paz Zárate", PER)]


def test_a_city_is_no_person_unless_people_are_called_so() -> None:
    text = "Der FC spielt gegen Maribor."
    assert corrected(text, "Maribor", PER, "de", 0.9) == [("Maribor", LOC)]
    assert corrected(text, "Maribor", PER, "de", 0.97) == [("Maribor", PER)]
    names = frozenset(("maribor",))
    assert corrected(text, "Maribor", PER, "de", 0.9, names=names) == [("Maribor", PER)]


def test_a_day_of_the_week_is_no_name() -> None:
    days = frozenset(("cuma",))
    assert corrected("Cuma günü geldi", "Cuma", PER, "tr", 0.7, days=days) == []
    assert corrected("Cuma günü geldi", "Cuma", PER, "tr", 0.99, days=days) != []


def test_hebrew_letters_joined_to_a_name_are_no_part_of_it() -> None:
    assert corrected("סין ורוסיה", "ורוסיה", LOC, "he") == [
        ("סין", LOC),
        ("רוסיה", LOC),
    ]
    assert list(prefixes("ובקהיר")) == [1, 2]
    assert list(prefixes("לוד")) == []
    text = "קים אמר שקים"
    spans = [Span(0, 3, PER), Span(8, 12, PER)]
    found = correct(text, Field.TEXT, spans, [], Vocabulary(language="he"))
    assert [text[s.start : s.end] for s in found] == ["קים", "קים"]


def test_a_surname_is_a_person_where_the_article_has_the_full_name() -> None:
    text = "Alexandre Benalla parle. L'affaire Benalla dure."
    found = [Span(0, 17, PER), Span(35, 42, LOC, score=0.7)]
    (entity,) = gather({Field.TEXT: text}, found)
    assert (entity.name, entity.type, entity.count) == ("Alexandre Benalla", PER, 2)


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("Lo dijo a El País ayer.", 10, 17, "El País"),
        ("por L'Oréal y otros", 4, 11, "L'Oréal"),
        ("The White House said so.", 0, 15, "White House"),
    ],
)
def test_an_article_with_a_capital_belongs_to_the_name(
    text: str, start: int, end: int, expected: str
) -> None:
    (entity,) = gather({Field.TEXT: text}, [Span(start, end, ORG)])
    assert entity.name == expected


def test_the_people_that_turkish_makes_of_a_country_are_no_place() -> None:
    entities, _ = find_entities(
        title=None,
        text="Avusturyalı takım Mali ve Somali'de oynadı. Avusturya kazandı.",
        language="tr",
        options=EntityOptions(),
        gazetteer=load_gazetteer(),
    )
    places = {entity.name for entity in entities if entity.type is LOC}
    assert places == {"Mali", "Somali", "Avusturya"}


def test_an_arabic_name_has_no_letter_joined_to_it() -> None:
    entities, _ = find_entities(
        title=None,
        text="بعد زيارة الوزير المفاجئة لدمشق، قال إن المحادثات كانت جيدة.",
        language="ar",
        options=EntityOptions(),
        gazetteer=load_gazetteer(),
    )
    names = {entity.name for entity in entities if entity.type is LOC}
    assert "دمشق" in names
    assert "لدمشق" not in names


@pytest.mark.parametrize(
    ("text", "name", "kind", "language", "expected"),
    [
        ("Στη συνέντευξη την Κυριακή", "Κυριακή", LOC, "el", []),
        ("Am Dienstag kam er", "Dienstag", ORG, "de", []),
        ("said May on Monday", "May", PER, "en", [("May", PER)]),
        ("it was in May", "May", LOC, "en", []),
        ("Hogyan lehet jó az USA-Kína vita", "USA-Kína", LOC, "hu", ["USA", "Kína"]),
        ("عن سوريا أو ليبيا", "سوريا أو ليبيا", LOC, "ar", ["سوريا", "ليبيا"]),
        ("in Bosnia and Herzegovina", "Bosnia and Herzegovina", LOC, "en", 1),
        ("in Guinea-Bissau", "Guinea-Bissau", LOC, "en", 1),
        ("за вихід із ЄС", "ЄС", LOC, "uk", [("ЄС", ORG)]),
        ("les pays de l’UE", "UE", LOC, "fr", [("UE", ORG)]),
        ("az ENSZ szerint", "ENSZ", PER, "hu", [("ENSZ", ORG)]),
        ("os países da Ásia", "Ásia", ORG, "pt", [("Ásia", LOC)]),
        ("董事长华说", "华", PER, "zh", []),
        ("κατά της Βόρειας Κορέας", "Βόρειας", LOC, "el", ["Βόρειας Κορέας"]),
        ("ระหว่าง จีน เวียดนาม นั้น", "จีน เวียดนาม", LOC, "th", ["จีน", "เวียดนาม"]),
        ("berhak menjadi Khalifah.", "Khalifah", PER, "id", []),
        ("被一家日本公司打捞上来", "日本公司", ORG, "zh", [("日本", LOC)]),
        ("被日本电气公司收购", "日本电气公司", ORG, "zh", [("日本电气公司", ORG)]),
        ("ドイツ企業が参入した", "ドイツ企業", ORG, "ja", [("ドイツ", LOC)]),
        ("李外相は", "李外相", PER, "ja", ["李"]),
        ("मि. सुतोपो ने", "मि. सुतोपो", PER, "hi", ["सुतोपो"]),
        ('тренером ФК "Гартс"', 'ФК "Гартс', ORG, "uk", ['ФК "Гартс"']),
        ("ОАО «Мобител»", "ОАО «Мобител", ORG, "ru", ["ОАО «Мобител"]),
        (
            "Fostul președinte Ion Iliescu a",
            "Fostul președinte Ion Iliescu",
            PER,
            "ro",
            ["Ion Iliescu"],
        ),
        ('partide: "U" Bucovina', '"U" Bucovina', ORG, "ro", ['"U" Bucovina']),
        ("o zi „Ani de vis”.", "zi „Ani de vis”", MISC, "ro", ["zi „Ani de vis”"]),
        ('numit "Ferestre" a', '"Ferestre"', ORG, "ro", ["Ferestre"]),
        ("Șoferul a fugit.", "Șoferul", PER, "ro", []),
        ("Reprezentanții au spus", "Reprezentanții", PER, "ro", []),
        ("a spus Iliescul ieri", "Iliescul", PER, "ro", 1),
        ("ศาสตราจารย์ Jay Bell", "ศาสตราจารย์ Jay Bell", PER, "th", ["Jay Bell"]),
        ("Herman van Rompuy", "Herman van Rompuy", PER, "nl", 1),
    ],
)
def test_what_is_known_of_days_unions_and_parts_of_the_world(
    text: str, name: str, kind: EntityType, language: str, expected: Any
) -> None:
    if expected == 1:
        expected = [name]
    found = corrected(text, name, kind, language, **_known_words(language))
    surfaces = [surface for surface, _ in found]
    assert expected in (found, surfaces)


def _known_words(language: str) -> dict[str, Any]:
    known = vocabulary_of(load_gazetteer(), language, is_loose=False)
    return {
        field: getattr(known, field) for field in ("days", "months", "joins", "people")
    }


def test_a_noun_that_starts_a_sentence_before_a_person_is_no_organisation() -> None:
    text = "Socjaldemokrata Jan Hamáček. NATO Jens Stoltenberg"
    names = {"Socjaldemokrata": ORG, "Jan Hamáček": PER, "NATO": ORG}
    spans = [
        Span(text.index(name), text.index(name) + len(name), kind)
        for name, kind in {**names, "Jens Stoltenberg": PER}.items()
    ]
    found = correct(text, Field.TEXT, spans, [], Vocabulary(language="pl"))
    assert [text[span.start : span.end] for span in found] == [
        "Jan Hamáček",
        "NATO",
        "Jens Stoltenberg",
    ]


def test_a_word_that_the_article_has_in_small_letters_is_no_name_at_a_start() -> None:
    plain: dict[str, Any] = {"is_plain": lambda word: word in {"Fiul", "Senatoarea"}}
    assert corrected("Fiul lui", "Fiul", PER, "ro", **plain) == []
    assert corrected("Cu Fiul lui", "Fiul", PER, "ro", **plain) == [("Fiul", PER)]
    name = "Senatoarea Elizabeth Warren"
    assert corrected(f"{name} a spus", name, PER, "ro", **plain) == [
        ("Elizabeth Warren", PER)
    ]


@pytest.mark.parametrize(
    ("text", "name", "language", "found"),
    [
        ("小城智慧乡村建设", "智慧乡村", "zh", []),
        ("日系企業の投資", "日系", "ja", [("日系", ORG)]),
        # No name is in small letters, in languages that are strict about it.
        ("he met acme today", "acme", "en", []),
        ("le sénat vote", "sénat", "fr", [("sénat", ORG)]),
    ],
)
def test_what_an_organisation_may_look_like(
    text: str, name: str, language: str, found: list[tuple[str, EntityType]]
) -> None:
    assert corrected(text, name, ORG, language) == found


@pytest.mark.parametrize(("score", "found"), [(0.5, ["Căpitanul"]), (0.4, [])])
def test_offices_that_are_people_need_less(score: float, found: list[str]) -> None:
    text = "Căpitanul a venit."
    assert corrected(text, "Căpitanul", PER, "ro", score) == []
    named = corrected(text, "Căpitanul", PER, "ro", score, offices_are_people=True)
    assert [name for name, _ in named] == found


@pytest.mark.parametrize(
    ("name", "kind", "score", "expected"),
    [
        ("Maria Xqz", PER, 0.6, ["Maria Xqz"]),
        ("Xqz Maria", PER, 0.6, []),
        ("Xqz Maria", PER, 0.75, ["Xqz Maria"]),
        ("Xqz", LOC, 0.75, []),
        ("Xqz", LOC, 0.8, ["Xqz"]),
        ("Mali", LOC, 0.3, ["Mali"]),
        ("Asia", LOC, 0.3, ["Asia"]),
        ("Leksand", LOC, 0.65, ["Leksand"]),
        ("Чернівців", LOC, 0.65, ["Чернівців"]),
        ("חיים לוי", PER, 0.75, []),
        ("Xqz", ORG, 0.65, []),
        ("Xqz", ORG, 0.7, ["Xqz"]),
        ("пана Мандагі", PER, 0.9, ["Мандагі"]),
        ("Пан Ги Мун", PER, 0.9, ["Пан Ги Мун"]),
    ],
)
def test_how_sure_the_model_must_be(
    name: str, kind: EntityType, score: float, expected: list[str]
) -> None:
    names = frozenset(("maria",))
    towns = load_towns().has
    found = corrected(
        f"a {name} b", name, kind, "en", score, names=names, is_town=towns
    )
    assert [surface for surface, _ in found] == expected
