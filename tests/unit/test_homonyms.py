"""Places that several countries have: Boston, Cambridge, Georgia, Lebanon."""

from __future__ import annotations

import dataclasses

import pytest
from streams import article

from transforms.enrich.countries import CountryTagger, countries_of, tag_countries
from transforms.enrich.geography.towns import Cues, load_towns
from transforms.records import Country, Entity, Mention
from transforms.vocabulary import EntityType, Role


def found(
    tagger: CountryTagger, language: str, text: str, home: str | None = None
) -> dict[str, Country]:
    countries = tagger.tag(title=None, text=text, language=language, home=home)
    return {country.code: country for country in countries}


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", "Police in Boston arrested two men.", "US"),
        ("en", "Police in Newcastle arrested two men.", "GB"),
        ("en", "A fire in Cambridge killed two people.", "GB"),
        ("en", "A fire in Birmingham killed two people.", "GB"),
        ("en", "Students in Oxford marched on Friday.", "GB"),
        ("en", "Protesters in Hyderabad burned tyres.", "IN"),
        ("es", "La policía de Santiago detuvo a dos hombres.", "CL"),
        ("es", "El alcalde vive en Valencia.", "ES"),
        ("es", "Hubo un incendio en Córdoba.", "AR"),
        ("it", "Un incendio a Valencia.", "ES"),
    ],
)
def test_a_lone_city_is_the_likeliest_and_no_focus(
    tagger: CountryTagger, language: str, text: str, code: str
) -> None:
    countries = found(tagger, language, text)
    assert set(countries) == {code}
    assert countries[code].role is not Role.FOCUS


@pytest.mark.parametrize(
    ("text", "score"),
    [("A fire in Cambridge killed two.", 0.7), ("Voters in Georgia queued.", 0.6)],
)
def test_the_score_tells_the_doubt(
    tagger: CountryTagger, text: str, score: float
) -> None:
    (country,) = found(tagger, "en", text).values()
    assert country.score < score


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        # What else the article names: states, counties, provinces, other towns.
        ("en", "Police in Birmingham, Ala., arrested a man.", {"US"}),
        (
            "en",
            "A man of Victoria, Texas, was found. Victoria police knew him.",
            {"US"},
        ),
        ("en", "The storm hit Georgia. Roofs flew in Atlanta and Savannah.", {"US"}),
        ("en", "Georgia's parliament in Tbilisi voted.", {"GE"}),
        ("en", "Snow fell in Cambridge and in Kitchener, Ontario.", {"CA"}),
        ("en", "Crowds met in Tripoli and in Beirut.", {"LB"}),
        ("en", "Crowds met in Hyderabad and in Karachi.", {"PK"}),
        ("en", "Voters in Richmond and in Vancouver, Canada, queued.", {"CA"}),
        ("en", "The sheriff of Athens, Texas, was in Palestine and Tyler.", {"US"}),
        ("es", "Llueve en Córdoba, en Sevilla y en Granada.", {"ES"}),
        ("es", "Llueve en Córdoba, en Rosario y en Mendoza.", {"AR"}),
        # Words that are at home in one country.
        ("en", "Albany lawmakers passed it. In Albany the governor will sign.", {"US"}),
        (
            "en",
            "Oxford council moved the county's magistrates. The constabulary of Oxford "
            "and the councillors agreed.",
            {"GB"},
        ),
        (
            "en",
            "ANNVILLE - The town's volunteer fire chief asked the school board for "
            "a zoning change in the neighborhood.",
            {"US"},
        ),
        # Capitals are capitals, though there is one of each in Ohio.
        ("en", "Ministers met in London, Dublin and Athens.", {"GB", "IE", "GR"}),
        (
            "en",
            "The mayor of Columbus, Ohio, met ministers in London and Dublin.",
            {"US", "GB", "IE"},
        ),
        ("en", "Mexico, Norway and China signed in Portland, Maine.", set("")),
        # Two words of one country are enough for a small town in it.
        ("en", "The barrister met the Cllr in Hamilton.", {"GB"}),
    ],
)
def test_what_else_is_named_decides(
    tagger: CountryTagger, language: str, text: str, codes: set[str]
) -> None:
    codes = codes or {"MX", "NO", "CN", "US"}
    assert set(found(tagger, language, text)) == codes


@pytest.mark.parametrize(
    ("language", "text", "home", "code"),
    [
        ("en", "A fire in Cambridge killed two people.", "CA", "CA"),
        ("en", "A fire in Cambridge killed two people.", "US", "US"),
        ("en", "A fire in Newcastle killed two people.", "AU", "AU"),
        ("en", "A fire in Newcastle killed two people.", "ZA", "ZA"),
        ("en", "Voters in Georgia went to the polls.", "US", "US"),
        ("es", "Un incendio en Valencia dejó heridos.", "VE", "VE"),
        ("es", "Un incendio en Mérida dejó heridos.", "ES", "ES"),
        # A paper of Texas writes of the capital of France, too.
        ("en", "Paris was calm on Sunday.", "US", "FR"),
        ("en", "London was calm on Sunday.", "CA", "GB"),
    ],
)
def test_the_country_of_the_source_decides_among_cities(
    tagger: CountryTagger, language: str, text: str, home: str, code: str
) -> None:
    assert set(found(tagger, language, text, home)) == {code}


@pytest.mark.parametrize(
    ("source", "domain", "code"),
    [
        ("AU", "example.com", "AU"),
        (None, "news.example.com.au", "AU"),
        (None, "example.co.uk", "GB"),
        (None, "example.com", "GB"),
        (None, "example.co", "GB"),
        (None, "localhost", "GB"),
        (None, None, "GB"),
    ],
)
def test_the_source_is_reported_by_the_row(
    source: str | None, domain: str | None, code: str
) -> None:
    row = dataclasses.replace(
        article(1, "A fire in Newcastle killed two people."),
        language="en",
        source_country=source,
        domain=domain,
    )
    (tagged,) = tag_countries().make()(row)
    assert [country.code for country in tagged.countries] == [code]


@pytest.mark.parametrize(
    ("language", "text", "absent"),
    [
        ("en", "ZTE and Mobile: Mobile shipments rose.", {"US"}),
        ("pt", "O Plano Diretor foi votado. O Plano Diretor prevê obras.", {"US"}),
        ("es", "El Mobile World Congress abrió. El Mobile cierra hoy.", {"US"}),
        ("de", "Butan strömte aus der Flasche.", {"BT"}),
        ("pl", "Butan wyciekł z butli.", {"BT"}),
        ("es", "Juan Santiago llegó tarde. Santiago pidió perdón.", {"CL"}),
        ("en", "Fredy Santiago scored twice.", {"CL"}),
        ("ru", "Кремлевская диета помогает похудеть.", {"RU"}),
        ("ru", "Русская рулетка и греческий салат.", {"RU", "GR"}),
        ("es", "La ensaladilla rusa y la montaña rusa.", {"RU"}),
        ("fr", "La salade russe et le toast français.", {"RU", "FR"}),
        ("de", "Griechischer Salat und russisches Roulette.", {"GR", "RU"}),
        ("en", "Turkey dinner, Greek salad and French fries.", {"TR", "GR", "FR"}),
        ("en", "In August and in March the garden is dry.", {"US", "GB"}),
        # A state is shortened behind a comma.
        ("en", "The IN tray and the OR gate. He moved to Calif. and back.", {"US"}),
    ],
)
def test_words_and_names_are_no_places(
    tagger: CountryTagger, language: str, text: str, absent: set[str]
) -> None:
    assert not set(found(tagger, language, text)) & absent


def test_a_town_that_was_named_with_its_state_stays_there(
    tagger: CountryTagger,
) -> None:
    text = (
        "In Birmingham, Ala., it rained. Britain was dry, in Manchester and Leeds. "
        "Roads in Birmingham flooded."
    )
    named = [mention.text for mention in found(tagger, "en", text)["US"].mentions]
    assert named == ["Birmingham", "Ala.", "Birmingham"]


def test_a_country_inside_a_name_is_no_focus(tagger: CountryTagger) -> None:
    text = "The Bank of Japan raised rates, and traders sold bonds."
    (japan,) = tagger.tag(title=None, text=text, language="en")
    assert japan.role is Role.FOCUS
    bank = Entity(
        "Bank of Japan", EntityType.ORG, 1, (Mention("Bank of Japan", 4, 17),)
    )
    (japan,) = tagger.tag(title=None, text=text, language="en", entities=(bank,))
    assert japan.role is not Role.FOCUS


def test_a_hyphen_joins_two_countries_and_makes_no_name(tagger: CountryTagger) -> None:
    countries = found(tagger, "en", "They spoke of the US-China talks.")
    assert {country.role for country in countries.values()} == {Role.FOCUS}


def test_a_second_mention_makes_the_focus(tagger: CountryTagger) -> None:
    text = "Police in Boston arrested two men. In Boston nobody slept."
    assert found(tagger, "en", text)["US"].role is Role.FOCUS


def test_towns_are_found_where_a_word_tells() -> None:
    towns, cues = load_towns(), Cues(("in",), ("township", "police"), ("friday",))
    text = "Flemington is dry. Rain in Flemington Friday. Annville's police and Royer."
    named = [match.surface for match in towns.find(text, cues, [])]
    assert named == ["Flemington", "Flemington", "Annville"]
    assert all("US" in match.codes for match in towns.find(text, cues, []))


def test_neighbours_share_a_region_that_is_best_known_for_one() -> None:
    towns = load_towns()
    assert towns.neighbours({"athens", "tyler"})["US"] == {"athens", "tyler"}
    assert "US" not in towns.neighbours({"london", "dublin", "athens"})
    assert towns.neighbours({"tyler"}) == {}
    assert towns.places("no such town") == ()
    assert towns.places("") == ()


def test_countries_of_reads_texts_as_before() -> None:
    assert countries_of("Police in Boston arrested two men.", "en") == [
        {"code": "US", "count": 1}
    ]
    # Two letters sound like no name that is written otherwise.
    assert countries_of("Fj", "en") == []
    assert countries_of("Peroo", "en") == [{"code": "PE", "count": 1}]
