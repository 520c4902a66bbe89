"""Names that are words too: in capitals, at the start of sentences, as languages."""

from __future__ import annotations

import pytest
from countries import codes

from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer


@pytest.mark.parametrize(
    ("language", "headline", "expected"),
    [
        ("en", "US SANCTIONS RUSSIAN BANKS", {"US", "RU"}),
        ("en", "OIL FALLS AS THE US AND IRAN TALK", {"US", "IR"}),
        ("en", "STEEL: US RAISES DUTIES", {"US"}),
        ("en", "TELL US MORE ABOUT THE PLAN", set()),
        ("en", "GIVE US A BREAK, SAYS MAYOR", set()),
        ("en", "UK AND UAE STRIKE A DEAL", {"GB", "AE"}),
        ("en", "CHINA TESTS MISSILE", {"CN"}),
        ("en", "TURKEY, CHINA AGREE ON GRAIN DEAL", {"TR", "CN"}),
        ("en", "FINE CHINA SOLD AT AUCTION", set()),
        ("en", "POLISH FARMERS BLOCK BORDER", {"PL"}),
        ("en", "CHAD ARMY KILLS REBELS", {"TD"}),
        ("en", "CHILI RECIPE WINS PRIZE", set()),
        ("en", "READING AND BATH SCHOOLS CLOSE", set()),
        ("fr", "LES ETATS-UNIS FACE A L'IRAN", {"US", "IR"}),
        ("fr", "USA : LE SENAT VOTE", {"US"}),
        ("fr", "L'EAU POTABLE MANQUE", set()),
        ("it", "USA E CINA TRATTANO", {"US", "CN"}),
        ("it", "CHI USA LA BICI VIVE DI PIU", set()),
        ("nl", "VS EN CHINA PRATEN", {"US", "CN"}),
        ("nl", "AJAX VS PSV IN DE ARENA", set()),
        ("hr", "SAD KRECE NOVA AKCIJA", set()),
        ("pt", "A SUA CASA EM PERIGO", set()),
        ("es", "EEUU Y CHINA NEGOCIAN", {"US", "CN"}),
        ("ru", "США ВВЕЛИ САНКЦИИ ПРОТИВ КИТАЯ", {"US", "CN"}),
        ("de", "USA UND TÜRKEI VERHANDELN", {"US", "TR"}),
    ],
)
def test_headlines_in_capitals(
    tagger: CountryTagger, language: str, headline: str, expected: set[str]
) -> None:
    assert codes(tagger, headline, language) == expected
    assert codes(tagger, "", language, headline) == expected


@pytest.mark.parametrize(
    ("language", "title", "text", "expected"),
    [
        (
            "en",
            "TURKEY RECALLED OVER SALMONELLA",
            "Shops took the turkey off their shelves.",
            set(),
        ),
        ("en", "TURKEY RECALLS ENVOY", "Ankara and Athens are talking.", {"TR", "GR"}),
        (
            "en",
            "Turkey prices rise",
            "A turkey costs more, and farmers in Turkey know it.",
            {"TR"},
        ),
        ("en", "Polish your shoes", "How to polish them well.", set()),
        ("en", "Polish strike", "Polish farmers polish their tractors.", set()),
        ("en", "US leads", "They told us that the US leads.", {"US"}),
        ("en", "US leads", "They told us so.", {"US"}),
        ("fr", "FRANÇAIS EN COLÈRE", "Les maires français protestent.", {"FR"}),
    ],
)
def test_a_capital_that_tells_nothing_is_judged_by_the_rest_of_the_article(
    tagger: CountryTagger, language: str, title: str, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language, title) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # The verb, and the country.
        ("es", "Irán a la playa mañana.", set()),
        ("es", "El presidente de Irán habló. Irán responderá.", {"IR"}),
        ("pt", "Irão todos à praia.", set()),
        ("fi", "Oman kodin siivous vie aikaa.", set()),
        ("fi", "Omanissa äänestetään. Oman äänestää.", {"OM"}),
        ("ru", "Мало кто знает об этом. Того же мнения и другие.", set()),
        ("ru", "Войска вошли в Мали.", {"ML"}),
        ("ru", "Президент Того прибыл в Косово, потом вышел из Косова.", {"TG", "XK"}),
        ("uk", "Мало хто знає. Того дня було холодно.", set()),
        ("bg", "Мали деца играят.", set()),
        ("sk", "Mali sme pravdu.", set()),
        ("hr", "Mali princ i veliki brod.", set()),
        ("tr", "Mali müşavir geldi. Mısır üretimi arttı.", set()),
        ("tl", "Mali ang sagot.", set()),
        ("it", "I mali del secolo. Mali e beni.", set()),
        ("vi", "Anh ấy nói. Ý kiến của tôi. Áo dài đẹp.", set()),
        ("vi", "Quân đội Anh và Pháp, theo nước Anh.", {"GB", "FR"}),
        ("vi", "Đức Giáo hoàng đến.", set()),
        ("es", "La paz llegó. Buenos aires para todos.", set()),
        ("es", "La Paz es la sede del gobierno.", {"BO"}),
        ("sv", "Medan han sov kom de.", set()),
        ("id", "selamat Natal dari Kota Bandung", {"ID"}),
        ("zu", "imali yonke ithathwa", set()),
        ("zu", "hambela eMali, iMali", {"ML"}),
        # The article makes another word of it; so do endings.
        ("ar", "يحتاج إلى الدعم المالي", set()),
        ("ar", "وصل إلى مالي أمس", {"ML"}),
        ("ar", "بعد صلاة المغرب", set()),
        ("ar", "الرئيس السوري في سوريا", {"SY"}),
        # Unknown languages have the traps of all, but not their small words.
        (None, "Mali ang sagot.", set()),
        (None, "Riots in French cities", {"FR"}),
    ],
)
def test_words_that_are_no_countries(
    tagger: CountryTagger, language: str | None, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Das Essen war gut, das Essen in der Kantine.", set()),
        ("Die Polizei in Essen sucht Zeugen.", {"DE"}),
        ("Es gibt drei Kapellen und viele kleine Kapellen.", set()),
        ("Sein Bruder Roman las einen Roman nach dem Roman.", set()),
        ("Die Kinder kamen aus den Bergen und sahen Berge, Bergen.", set()),
        ("Jordan sagte nichts.", set()),
        ("Jordanien und der Jordan", {"JO"}),
        ("Das Werk entsteht in Georgia.", {"US"}),
        ("Georgien und die georgische Küche", {"GE"}),
        ("Der Finne siegte, die Russen und ein Pole folgten.", {"FI", "RU", "PL"}),
        ("Der Iran-Konflikt und die Ukraine-Krise", {"IR", "UA"}),
        ("Die Türken, der Türke, die türkische Regierung", {"TR"}),
    ],
)
def test_german_nouns_have_capitals(
    tagger: CountryTagger, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, "de") == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The book appeared in French."),
        ("en", "She speaks Italian."),
        ("en", "a Chinese-language newspaper for Russian speakers"),
        ("de", "Im Deutschen heißt das anders."),
        ("de", "auf Deutsch und auf Englisch, ins Englische übersetzt"),
        ("de", "die deutsche Sprache"),
        ("fr", "Le livre paraît en français, la langue française."),
        ("fr", "Il parle anglais."),
        ("es", "en inglés, los países de habla inglesa"),
        ("it", "in inglese, la lingua inglese"),
        ("pt", "em inglês, a língua portuguesa"),
        ("ro", "limba germană, în engleză"),
        ("ru", "по-английски, на английском языке"),
        ("uk", "англійська мова"),
        ("ja", "日本語の本と中国語"),
        ("zh", "他会说日本语，中国语言"),
        ("ko", "한국어와 중국어"),
    ],
)
def test_languages_are_no_countries(
    tagger: CountryTagger, language: str, text: str
) -> None:
    assert codes(tagger, text, language) == set()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The French in French Guiana speak to French officials.", {"FR", "GF"}),
        ("en", "Police in German cities", {"DE"}),
        ("de", "Im Deutschen Bundestag und im deutschen Team", {"DE"}),
        ("de", "Die Deutsch-Französische Brigade", {"DE", "FR"}),
        ("fr", "Les Français en Allemagne", {"FR", "DE"}),
        ("it", "La squadra in Italia, gli italiani", {"IT"}),
    ],
)
def test_adjectives_beside_languages_still_count(
    tagger: CountryTagger, language: str, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Jordan Bardella a parlé. Jordan est jeune.", set()),
        ("pt", "Luís Montenegro disse que sim. Montenegro falou depois.", set()),
        ("pt", "O governo de Montenegro caiu.", {"ME"}),
        ("it", "Con lei naviga il cugino Giordano Palmieri.", set()),
        ("it", "La Repubblica Italiana", {"IT"}),
        ("vi", "Chị Nga và anh Đức đi chợ.", set()),
        ("en", "German Cars Recalled", {"DE"}),
        ("pl", "Dla Polski mówił Clinton, który był w USA.", {"PL", "US"}),
        ("es", "Santiago, en la República Dominicana, y La Habana", {"DO", "CU"}),
        ("en", "Fishing families along the Niger river in Mali", {"ML"}),
        ("ro", "cu escală la București.", {"RO"}),
    ],
)
def test_people_rivers_and_namesakes(
    tagger: CountryTagger, language: str, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "person", "expected"),
    [
        ("en", "Jordan said that he would stay. France did not.", "Jordan", {"FR"}),
        ("ru", "Ливанов устроил разнос. Того же мнения и вузы.", "Ливанов", set()),
        ("ru", "Президент Ливана прибыл.", None, {"LB"}),
    ],
)
def test_a_person_of_the_model_stays_one(
    tagger: CountryTagger,
    language: str,
    text: str,
    person: str | None,
    expected: set[str],
) -> None:
    entities, _ = find_entities(
        title=None,
        text=text,
        language=language,
        options=EntityOptions(),
        gazetteer=load_gazetteer(),
    )
    people = {entity.name for entity in entities if entity.type == "PER"}
    assert people == ({person} if person else set())
    found = tagger.tag(title=None, text=text, language=language, entities=entities)
    assert {country.code for country in found} == expected
