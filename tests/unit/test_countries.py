"""Which countries a text names: traps that others fall into."""

from __future__ import annotations

import time

import pytest
from countries import codes
from kit import ROOT, SEED

from transforms.enrich.countries import CountryTagger, countries_of
from transforms.records import Country, Entity, Mention
from transforms.vocabulary import EntityType, Field, Kind, Role


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Le leader nord-coréen est arrivé en Russie.", {"KP", "RU"}),
        ("fr", "Le président sud-coréen a parlé.", {"KR"}),
        ("en", "North Korea fired a missile, South Korea said.", {"KP", "KR"}),
        ("fr", "La République démocratique du Congo accuse le Rwanda.", {"CD", "RW"}),
        ("fr", "Le Congo-Brazzaville a voté.", {"CG"}),
        ("fr", "La Guinée équatoriale et la Guinée-Bissau.", {"GQ", "GW"}),
        ("en", "Papua New Guinea voted on Sunday.", {"PG"}),
        ("en", "South Sudan signed a peace deal.", {"SS"}),
        ("en", "American Samoa was hit by a storm.", {"AS"}),
        ("fr", "L'armée nigérienne a pris le pouvoir.", {"NE"}),
        ("fr", "L'armée nigériane a repoussé l'attaque.", {"NG"}),
        ("en", "The Dominican Republic closed its border with Haiti.", {"DO", "HT"}),
        ("fr", "Le gouvernement français a réagi.", {"FR"}),
        ("en", "American officials declined to comment.", {"US"}),
        ("fr", "L’Élysée et Downing Street se sont parlé.", {"FR", "GB"}),
        ("en", "The Kremlin answered the White House.", {"RU", "US"}),
        ("fr", "D'Ukraine, l'Italie et l’Espagne.", {"UA", "IT", "ES"}),
        ("en", "Swaziland, now Eswatini, votes.", {"SZ"}),
        ("en", "Türkiye and Turkey are one.", {"TR"}),
        ("de", "Die nordkoreanische Regierung schwieg.", {"KP"}),
        ("es", "El gobierno surcoreano respondió.", {"KR"}),
        ("ru", "Министр обороны России прибыл в Китай.", {"RU", "CN"}),
        ("pl", "Prezydent Polski odwiedził Niemcy.", {"PL", "DE"}),
        ("zh", "中国外交部与日本代表会谈。", {"CN", "JP"}),
        ("ar", "وصل الرئيس المصري إلى السعودية.", {"EG", "SA"}),
        ("tr", "Türkiye ve Yunanistan görüştü.", {"TR", "GR"}),
        ("en", "Kosovo and Taiwan applied.", {"XK", "TW"}),
    ],
)
def test_what_is_named(
    tagger: CountryTagger, language: str, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "absent"),
    [
        (
            "en",
            "They ate turkey on fine china with a polish of wax.",
            {"TR", "CN", "PL"},
        ),
        ("en", "Michael Jordan and Chad Smith met Paris Hilton.", {"JO", "TD", "FR"}),
        ("fr", "Le père de Maurice Durand est venu.", {"MU"}),
        ("en", "The team told us that it was for us.", {"US"}),
        ("en", "Atlanta, Georgia, was under water.", {"GE"}),
        ("fr", "Le dirigeant nord-coréen et la Corée du Nord.", {"KR"}),
        ("fr", "Le gouvernement français a réagi.", {"TF"}),
        ("en", "American officials declined to comment.", {"MP"}),
        ("en", "Nigeria and the Nigerian army.", {"NE"}),
        ("fr", "le mali d'une caisse et un chili con carne", {"ML", "CL"}),
    ],
)
def test_what_is_not_meant(
    tagger: CountryTagger, language: str, text: str, absent: set[str]
) -> None:
    assert not codes(tagger, text, language) & absent


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Jordan said that he would stay."),
        ("fr", "Vladimir a dit qu'il resterait."),
        ("fr", "Maurice a dit qu'il resterait."),
    ],
)
def test_people_are_no_countries_where_the_model_says_so(
    tagger: CountryTagger, language: str, text: str
) -> None:
    name = text.split(maxsplit=1)[0]
    person = Entity(name, EntityType.PER, 1, (Mention(name, 0, len(name)),))
    found = tagger.tag(title=None, text=text, language=language, entities=(person,))
    assert found == ()


def test_offsets_kinds_and_fields(tagger: CountryTagger) -> None:
    title = "L’Ukraine appelle Paris"
    text = "Kiev attend l’aide des Européens et de l’Allemagne, a dit le Kremlin."
    found = tagger.tag(title=title, text=text, language="fr")
    kinds: dict[str, set[Kind]] = {}
    for country in found:
        for mention in country.mentions:
            field = title if mention.field is Field.TITLE else text
            assert field[mention.start : mention.end] == mention.text
            kinds.setdefault(country.code, set()).add(mention.kind)
    assert kinds["UA"] == {Kind.NAME, Kind.CAPITAL}
    assert kinds["RU"] == {Kind.GOVERNMENT}
    assert found[0].code == "UA"


def test_roles_of_the_seed_without_an_entity_model(tagger: CountryTagger) -> None:
    text = (ROOT / SEED).read_text()
    found: tuple[Country, ...] = tagger.tag(title=None, text=text, language="fr")
    roles = {country.code: country.role for country in found}
    assert roles == {
        "RU": Role.FOCUS,
        "KP": Role.FOCUS,
        "US": Role.SECONDARY,
        "UA": Role.SECONDARY,
        "FR": Role.INCIDENTAL,
    }
    assert sum(country.score for country in found) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "text", ["", "a" * 200_000, "Korea " * 20_000, "\U0001f1eb" * 999]
)
def test_any_text_ends_soon(tagger: CountryTagger, text: str) -> None:
    started = time.thread_time()
    tagger.tag(title=None, text=text, language=None)
    assert time.thread_time() - started < 10


def entity(text: str, name: str, type_: EntityType) -> Entity:
    start = text.index(name)
    mention = Mention(name, start, start + len(name))
    return Entity(name, type_, 1, (mention,))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # Two Koreas: the bare name is the South unless only the North is there.
        ("fr", "Le dirigeant nord-coréen a quitté la Corée du Nord.", {"KP"}),
        ("fr", "Le cinéma coréen triomphe à Cannes.", {"KR"}),
        ("en", "Korea won the match.", {"KR"}),
        ("en", "Kim left Pyongyang. Korea will answer, he said.", {"KP"}),
        ("de", "Ein nordkoreanischer Soldat floh nach Südkorea.", {"KP", "KR"}),
        ("ru", "Лидер Северной Кореи прибыл в Москву.", {"KP", "RU"}),
        ("zh", "朝鲜领导人抵达俄罗斯。", {"KP", "RU"}),
        # Two Congos, three Guineas and a New one, two Sudans, two Samoas.
        ("fr", "Le président congolais est rentré à Brazzaville.", {"CG"}),
        ("fr", "En RDC, l'armée congolaise avance.", {"CD"}),
        ("en", "The Democratic Republic of Congo and Congo-Brazzaville", {"CD", "CG"}),
        ("en", "Floods hit Papua New Guinea.", {"PG"}),
        ("en", "Equatorial Guinea and Guinea-Bissau", {"GQ", "GW"}),
        ("fr", "La Guinée équatoriale bat la Guinée.", {"GQ", "GN"}),
        ("en", "South Sudan and Sudan signed.", {"SS", "SD"}),
        ("en", "American Samoa lies east of Samoa.", {"AS", "WS"}),
        # Niger and Nigeria differ by a letter.
        ("fr", "Le président nigérien visite le Nigeria.", {"NE", "NG"}),
        ("fr", "L'armée nigériane a libéré des otages.", {"NG"}),
        ("en", "The Nigerien and the Nigerian ministers", {"NE", "NG"}),
        # The Dominican Republic and Dominica.
        ("en", "The Dominican Republic and Dominica", {"DO", "DM"}),
        ("fr", "Dominique a perdu son sac.", set()),
        # Case tells names from words.
        ("en", "We had turkey on fine china with a chili sauce.", set()),
        ("en", "Turkey and China signed.", {"TR", "CN"}),
        ("en", "Let us polish the floor.", set()),
        ("en", "Polish farmers protest.", {"PL"}),
        ("en", "The US and us.", {"US"}),
        ("en", "TELL US MORE ABOUT THE PLAN", set()),
        ("en", "TURKEY SIGNS DEAL WITH CHINA", {"TR", "CN"}),
        ("fr", "LES ETATS-UNIS ET LA COREE DU NORD", {"US", "KP"}),
        ("fr", "ELECTIONS AU BRESIL", {"BR"}),
        ("pt", "Muito além do jardim.", set()),
        # Dependencies share the adjective of the state they belong to.
        ("fr", "Le gouvernement français s'oppose.", {"FR"}),
        ("en", "American troops left.", {"US"}),
        # Elisions, with either apostrophe.
        ("fr", "L'Ukraine, d'Ukraine, qu’Israël n’a pas.", {"UA", "IL"}),
        ("it", "L’Italia e l'Ungheria", {"IT", "HU"}),
        # Old and new names.
        ("en", "Swaziland is now Eswatini, Burma is Myanmar.", {"SZ", "MM"}),
        ("fr", "La Macédoine et la Türkiye", {"MK", "TR"}),
        ("en", "Kosovo, Taiwan and Palestine", {"XK", "TW", "PS"}),
    ],
)
def test_names_that_look_alike(
    tagger: CountryTagger, language: str, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Paris Hilton met Michael Jordan and Chad Smith."),
        ("en", "Jordan Walker said he was hungry."),
        ("fr", "Maurice Ravel et Virginie Efira"),
        ("fr", "Le Paris Saint-Germain affronte son rival."),
        ("fr", "M. Vladimir a parlé."),
        ("en", "Georgia Tech beat them."),
        ("en", "She works for Bank of China and reads the New York Times."),
        ("fr", "a-t-elle dit sur France 24, avec l’Agence France-Presse"),
        ("en", "They walked down Jordan Street to a Mexican restaurant."),
        ("en", "The fine was US$500, said the sheriff."),
        ("es", "El continente americano y el golfo de México"),
        ("zh", "马里兰"),
        ("ja", "インド洋"),
    ],
)
def test_what_names_no_country(tagger: CountryTagger, language: str, text: str) -> None:
    assert codes(tagger, text, language) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor of Paris, Texas, resigned.", {"US"}),
        ("Two men were held in Athens, Ga., on Monday.", {"US"}),
        ("The Paris City Council met the Lamar County sheriff's deputies.", {"US"}),
        ("The mayor of Paris resigned.", {"FR"}),
        ("Police in London, Ontario, said.", {"CA"}),
        ("Washington state and the Seattle police", {"US"}),
        ("Georgia, Alabama and Tennessee vote.", {"US"}),
        ("Georgia and Armenia vote.", {"GE", "AM"}),
        ("Protests in Tbilisi: Georgia votes.", {"GE"}),
        ("He was born in Birmingham, England.", {"GB"}),
        ("A storm hit Alabama; in Birmingham trees fell.", {"US"}),
        ("Nice weather, said the Officer.", set()),
    ],
)
def test_places_that_have_namesakes(
    tagger: CountryTagger, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, "en") == expected


def test_a_person_found_by_the_entity_tagger_is_no_country(
    tagger: CountryTagger,
) -> None:
    text = "Jordan was late. France was not."
    found = tagger.tag(
        title=None,
        text=text,
        language="en",
        entities=(entity(text, "Jordan", EntityType.PER),),
    )
    assert [country.code for country in found] == ["FR"]


def test_a_government_taken_for_a_person_still_counts(tagger: CountryTagger) -> None:
    text = "Washington craint Moscou."
    found = tagger.tag(
        title=None,
        text=text,
        language="fr",
        entities=(entity(text, "Moscou", EntityType.PER),),
    )
    assert {country.code for country in found} >= {"RU"}


def test_a_place_found_by_the_entity_tagger_may_be_a_town(
    tagger: CountryTagger,
) -> None:
    text = "Une manifestation a réuni Quimper et ses environs."
    assert codes(tagger, text, "fr") == set()
    found = tagger.tag(
        title="Bretagne : la France en grève",
        text=text,
        language="fr",
        entities=(entity(text, "Quimper", EntityType.LOC),),
    )
    mentions = {m.text for country in found for m in country.mentions}
    assert "Quimper" in mentions


def roles(countries: tuple[Country, ...]) -> dict[str, Role]:
    return {country.code: country.role for country in countries}


def test_roles_follow_title_place_and_number(tagger: CountryTagger) -> None:
    text = (
        "France and Germany agreed on a plan for Ukraine. The French president and "
        "the German chancellor met in Paris. In Berlin, Germany's parliament will "
        "vote; France follows. Ukraine has asked for it. "
        + "Nobody else spoke about it for a long time. " * 8
        + "The Swiss stayed silent."
    )
    found = roles(
        tagger.tag(title="France and Germany agree", text=text, language="en")
    )
    assert found == {
        "FR": Role.FOCUS,
        "DE": Role.FOCUS,
        "UA": Role.SECONDARY,
        "CH": Role.INCIDENTAL,
    }


def test_scores_are_shares_and_fall(tagger: CountryTagger) -> None:
    found = tagger.tag(
        title="Ukraine", text="Ukraine and Russia, Russia and Ukraine", language="en"
    )
    assert sum(country.score for country in found) == pytest.approx(1)
    assert [country.code for country in found] == ["UA", "RU"]
    assert [country.count for country in found] == [3, 2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\ud800\udfff",
        "a" * 200_000,
        "中" * 100_000,
        "ب" * 100_000,
        "Paris, " * 20_000,
        "İ" * 10_000,
    ],
    ids=["empty", "space", "surrogates", "word", "han", "arabic", "list", "dotted"],
)
def test_hostile_text_does_no_harm(tagger: CountryTagger, text: str) -> None:
    for language in ("en", "ar", "zh", None):
        found = tagger.tag(title=text[:100], text=text, language=language)
        assert all(country.count > 0 for country in found)


def test_a_name_alone_is_read_in_any_language_and_spelling() -> None:
    assert countries_of("Deutschland", "fr") == [{"code": "DE", "count": 1}]
    assert countries_of("Kazagistaan", "en") == [{"code": "KZ", "count": 1}]
    assert countries_of("Kongo", "tr") == [
        {"code": "CD", "count": 1},
        {"code": "CG", "count": 1},
    ]
    assert countries_of("good morning", "en") == []
    # Sin is a town in France.
    assert countries_of("Sin Martenas (Nyderalandų dalis)", "lt") == [
        {"code": "SX", "count": 1}
    ]


@pytest.mark.parametrize(
    ("text", "language", "codes"),
    [
        # A canton is no Canton, a format no country, a department no town of Cuba.
        ("In den Kantonen Bern und Zug läuft es, der Kanton zahlt.", "de", ["CH"]),
        ("Please attach JPEG, JPG and PNG files to the form.", "en", []),
        ("Violence in PNG: police went to the highlands.", "en", ["PG"]),
        ("El intendente de Cerro Largo visitó la escuela.", "es", ["UY"]),
    ],
)
def test_words_that_only_look_like_a_place(
    text: str, language: str, codes: list[str]
) -> None:
    assert [found["code"] for found in countries_of(text, language)] == codes
