from __future__ import annotations

import re

import pytest

from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.naming.doubts import Vocabulary
from transforms.enrich.naming.mentions import gather
from transforms.enrich.naming.spans import Span, correct
from transforms.enrich.naming.spread import spread
from transforms.records import Entity
from transforms.vocabulary import EntityType, Field

PER, ORG, LOC, MISC = EntityType


def spans(text: str, *names: tuple[str, EntityType]) -> list[Span]:
    """Every occurrence of each name, as a model would find them."""
    found = [
        Span(hit.start(), hit.end(), kind)
        for name, kind in names
        for hit in re.finditer(re.escape(name), text)
    ]
    longest = [
        span
        for span in found
        if not any(
            o.start <= span.start and span.end <= o.end and o != span for o in found
        )
    ]
    return sorted(longest, key=lambda span: span.start)


def people(text: str, *names: str) -> dict[str, list[str]]:
    found = gather({Field.TEXT: text}, spans(text, *((name, PER) for name in names)))
    return {entity.name: [m.text for m in entity.mentions] for entity in found}


def corrected(
    text: str, *names: tuple[str, EntityType], language: str = "fr"
) -> list[tuple[str, EntityType]]:
    matches = load_gazetteer().find(text, language)
    found = correct(text, Field.TEXT, spans(text, *names), matches)
    return [(text[span.start : span.end], span.type) for span in found]


def test_of_two_names_that_overlap_the_longer_one_stays() -> None:
    text = "The Bank of New York Mellon pays."
    for shorter, longer in (
        ("Bank of New", "New York Mellon"),
        ("York Mellon", "Bank of New York"),
    ):
        places = [(name, text.index(name)) for name in (shorter, longer)]
        found = [Span(start, start + len(name), ORG) for name, start in places]
        kept = correct(text, Field.TEXT, found, [])
        assert [text[span.start : span.end] for span in kept] == [longer]


def test_no_person_is_found_again_over_a_place() -> None:
    text = "Paris Hilton left Paris. Then Paris Hilton spoke in Paris."
    found = [
        Span(0, 12, PER),
        *(Span(at, at + 5, LOC) for at in (18, 30, 52)),
    ]
    assert spread({Field.TEXT: text}, found) == found
    again = spread({Field.TEXT: text}, found[:2])
    assert again == [*found[:2], Span(30, 42, PER)]


def test_one_persons_mentions_gather_under_the_fullest_name() -> None:
    text = "Poutine est venu. Vladimir Poutine parle. V. Poutine part. Poutine rit."
    assert people(text, "Vladimir Poutine", "V. Poutine", "Poutine") == {
        "Vladimir Poutine": ["Poutine", "Vladimir Poutine", "V. Poutine", "Poutine"]
    }


def test_two_people_who_share_a_surname_stay_two() -> None:
    text = "Hillary Clinton met Bill Clinton. Clinton smiled."
    assert people(text, "Hillary Clinton", "Bill Clinton", "Clinton") == {
        "Hillary Clinton": ["Hillary Clinton"],
        "Bill Clinton": ["Bill Clinton"],
        "Clinton": ["Clinton"],
    }


def test_family_names_that_stand_first_and_middle_names() -> None:
    text = "Kim Jong Un a parlé. Kim est parti. John F. Kennedy, John Kennedy."
    found = people(text, "Kim Jong Un", "Kim", "John F. Kennedy", "John Kennedy")
    assert found == {
        "Kim Jong Un": ["Kim Jong Un", "Kim"],
        "John F. Kennedy": ["John F. Kennedy", "John Kennedy"],
    }


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("Marie de La Roche", "La Roche"),
        ("Mohammed bin Salman", "bin Salman"),
        ("Ursula von der Leyen", "von der Leyen"),
    ],
)
def test_particles_belong_to_the_name(full: str, short: str) -> None:
    text = f"{full} a parlé. Puis {short} est partie."
    assert people(text, full, short) == {full: [full, short]}


def test_overlooked_surnames_are_completed() -> None:
    text = "Dmitri Peskov a parlé. M. Peskov a précisé. Un Peskovien aussi."
    assert people(text, "Dmitri Peskov") == {
        "Dmitri Peskov": ["Dmitri Peskov", "Peskov"]
    }


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("M. Durand est là.", "M. Durand", "Durand"),
        ("MM. Durand et Petit", "MM. Durand", "Durand"),
        ("Durand n’a pas dit", "Durand n’", "Durand"),
        ("« Durand » parle", "« Durand »", "Durand"),
        ("Titre de section\n\nDurand parle", "Titre de section\n\nDurand", "Durand"),
        (
            "Martin Luther King Jr. parle",
            "Martin Luther King Jr.",
            "Martin Luther King Jr.",
        ),
    ],
)
def test_edges_are_cleaned(text: str, name: str, expected: str) -> None:
    assert corrected(text, (name, PER)) == [(expected, PER)]


def test_nothing_but_a_title_or_an_elision_is_no_name() -> None:
    assert corrected("Il dit que M. l’a vu", ("M.", PER)) == []
    assert corrected("ce qu’il dit", ("qu’", LOC)) == []
    assert corrected("la vitamine D aide", ("vitamine D", MISC)) == [
        ("vitamine D", MISC)
    ]


def test_the_gazetteer_and_the_agencies_know_better() -> None:
    text = "Washington et le Kremlin, selon Reuters."
    found = corrected(text, ("Washington", PER), ("Kremlin", LOC), ("Reuters", PER))
    assert found == [("Washington", LOC), ("Kremlin", ORG), ("Reuters", ORG)]


def test_countries_that_the_model_overlooked_are_added() -> None:
    assert corrected("Selon Durand, la Russie attend.", ("Durand", PER)) == [
        ("Durand", PER),
        ("Russie", LOC),
    ]


def test_initials_join_what_they_stand_for() -> None:
    text = "L'Organisation mondiale du commerce (OMC) se réunit. L'OMC attend."
    (entity,) = gather(
        {Field.TEXT: text},
        spans(text, ("Organisation mondiale du commerce", ORG), ("OMC", ORG)),
    )
    assert entity.name == "Organisation mondiale du commerce"
    assert entity.count == 3


def test_one_surface_has_one_type() -> None:
    text = "Apple Apple Apple"
    found = [Span(0, 5, ORG), Span(6, 11, ORG), Span(12, 17, PER)]
    (entity,) = gather({Field.TEXT: text}, found)
    assert (entity.type, entity.count) == (ORG, 3)


def test_offsets_count_in_their_own_field() -> None:
    fields = {Field.TITLE: "Poutine à Pékin", Field.TEXT: "Vladimir Poutine est venu."}
    found: tuple[Entity, ...] = gather(
        fields, [Span(0, 7, PER, Field.TITLE), Span(0, 16, PER, Field.TEXT)]
    )
    (entity,) = found
    assert [mention.field for mention in entity.mentions] == [Field.TITLE, Field.TEXT]
    for mention in entity.mentions:
        assert fields[mention.field][mention.start : mention.end] == mention.text


def test_a_bracket_that_a_name_opens_stays_closed() -> None:
    text = "La commission (CNIL), (Paris) et l'agence « Viginum »."
    spans = [
        Span(3, 20, EntityType.ORG),
        Span(22, 29, EntityType.LOC),
        Span(42, 53, EntityType.ORG),
    ]
    found = correct(text, Field.TEXT, spans, [])
    assert [text[span.start : span.end] for span in found] == [
        "commission (CNIL)",
        "Paris",
        "Viginum",
    ]


def test_a_verb_and_a_day_are_no_name() -> None:
    matches = load_gazetteer().find("", "fr")
    words = Vocabulary(times=load_gazetteer().words("time", "fr"))

    def kept(text: str, *names: str) -> list[str]:
        found = spans(text, *((name, ORG) for name in names))
        return [
            text[span.start : span.end]
            for span in correct(text, Field.TEXT, found, matches, words)
        ]

    text = "Il est là. Parti dimanche soir de Pyongyang, il arrive."
    assert kept(text, "Parti dimanche soir") == []
    # In a sentence, with a capital, or with any other word, it may be one.
    assert kept("Selon Parti dimanche soir.", "Parti dimanche soir") != []
    assert kept("Paris Soir ferme.", "Paris Soir") == ["Paris Soir"]
    assert kept("Parti socialiste", "Parti socialiste") == ["Parti socialiste"]
    assert kept("Dimanche", "Dimanche") == ["Dimanche"]


def test_a_person_called_like_a_country_stays_one() -> None:
    def kinds(
        text: str, language: str, *, lower: bool, people: str
    ) -> list[EntityType]:
        found = spans(text, (text.split(maxsplit=1)[0], PER))
        words = Vocabulary(frozenset(people.split()), peoples_are_lower=lower)
        matches = load_gazetteer().find(text, language)
        corrected = correct(text, Field.TEXT, found, matches, words)
        return [span.type for span in corrected]

    assert kinds("Jordan left.", "en", lower=False, people="jordan") == [PER]
    assert kinds("Jordan left.", "en", lower=False, people="") == [LOC]
    assert kinds("Washington left.", "en", lower=False, people="washington") == [LOC]
    assert kinds("Ливанов ушёл.", "ru", lower=True, people="") == [PER]
    assert kinds("Américains et Russes", "fr", lower=False, people="") == [MISC]


def edged(text: str, kind: EntityType, name: str, language: str) -> list[str]:
    """Return what becomes of the span that a model gives."""
    start = text.index(name)
    known = load_gazetteer().find(text, language)
    span = Span(start, start + len(name), kind)
    found = correct(text, Field.TEXT, [span], known)
    return [text[s.start : s.end] for s in found if s.type is kind]


@pytest.mark.parametrize(
    ("language", "kind", "text", "name", "expected"),
    [
        (
            "fr",
            LOC,
            "dans l'Extrême-Orient russe.",
            "Extrême-Orient",
            "Extrême-Orient russe",
        ),
        ("fr", LOC, "dans la région du Littoral.", "Littoral", "région du Littoral"),
        (
            "fr",
            ORG,
            "le ministère français des Affaires étrangères.",
            "Affaires étrangères",
            "ministère français des Affaires étrangères",
        ),
        ("es", ORG, "el Ministerio de Defensa.", "Defensa", "Ministerio de Defensa"),
        ("en", LOC, "Bulgaria 3, Croatia 2, Hungary 3", "Croatia 2", "Croatia"),
        ("tr", LOC, "Ankara İzmir'den geldi", "İzmir'den", "İzmir"),
        ("en", LOC, "in the Netherlands", "the Netherlands", "Netherlands"),
        (
            "fr",
            PER,
            "Kim Jong Un effectue une visite",
            "Kim Jong Un effectue",
            "Kim Jong Un",
        ),
        (
            "ro",
            PER,
            "și căpitanul Marin Dobrotă",
            "căpitanul Marin Dobrotă",
            "Marin Dobrotă",
        ),
        ("sk", PER, "umrel Selim III. v Carihrade", "Selim III.", "Selim III."),
        ("fr", PER, "selon M. Poutine", "M. Poutine", "Poutine"),
        ("sk", PER, "generál M. R. Štefánik", "M. R. Štefánik", "M. R. Štefánik"),
        (
            "en",
            PER,
            "It was a long day for the head of it, Sir Keir\nStarmer said.",
            "Keir\nStarmer",
            "Keir\nStarmer",
        ),
        (
            "en",
            PER,
            "Weather\nKeir Starmer said",
            "Weather\nKeir Starmer",
            "Keir Starmer",
        ),
        (
            "en",
            PER,
            "It rained.\n\nKeir Starmer",
            "rained.\n\nKeir Starmer",
            "Keir Starmer",
        ),
    ],
)
def test_a_name_has_its_own_edges(
    language: str, kind: EntityType, text: str, name: str, expected: str
) -> None:
    assert expected in edged(text, kind, name, language)


def test_the_name_of_a_broken_line_has_a_space() -> None:
    text = "It was a long day for the head of it, Sir Keir\nStarmer said. Starmer left."
    fields = {Field.TEXT: text}
    (entity,) = gather(fields, spans(text, ("Keir\nStarmer", PER), ("Starmer", PER)))
    assert entity.name == "Keir Starmer"
    assert [m.text for m in entity.mentions] == ["Keir\nStarmer", "Starmer"]


def test_a_name_found_in_one_sentence_is_found_in_the_others() -> None:
    text = "Kim Jong Un came. Then Kim Jong Un left. Selon Kim Jong Un, fin. Un mot."
    half = text.index("Kim Jong Un", 20)
    found = [Span(0, 11, PER), Span(half, half + 8, PER)]
    (entity,) = gather({Field.TEXT: text}, found)
    assert (entity.name, entity.count) == ("Kim Jong Un", 3)


def test_a_word_that_is_seldom_a_name_is_not_made_one() -> None:
    text = "Rain fell. The Rain of today. Rain again. Rain, and Rain."
    (entity,) = gather({Field.TEXT: text}, [Span(0, 4, PER)])
    assert entity.count == 1


def test_what_the_model_is_not_sure_of_is_no_name_unless_it_is_known() -> None:
    text = "Jacke und Hoodie aus Wien."
    unsure = [Span(0, 5, PER, score=0.4), Span(21, 25, LOC, score=0.4)]
    known = load_gazetteer().find(text, "de")
    found = correct(text, Field.TEXT, unsure, known)
    assert [text[span.start : span.end] for span in found] == ["Wien"]
