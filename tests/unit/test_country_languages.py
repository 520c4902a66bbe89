"""Countries in the languages of the world, with their inflections."""

from __future__ import annotations

import pytest
from countries import codes

from transforms.enrich.countries import CountryTagger
from transforms.vocabulary import Kind


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Die französische Regierung und ein Niederländer", {"FR", "NL"}),
        ("es", "Las tropas estadounidenses y los alemanes", {"US", "DE"}),
        ("it", "I soldati francesi e le aziende tedesche", {"FR", "DE"}),
        ("pt", "Os norte-americanos e a polícia francesa", {"US", "FR"}),
        ("nl", "De Duitse minister en de Franse president", {"DE", "FR"}),
        ("pl", "Polscy żołnierze i niemieckiego rządu w Rosji", {"DE", "RU"}),
        ("ru", "Американские военные и украинцы во Франции", {"US", "UA", "FR"}),
        ("uk", "Українські війська та німецького уряду в Польщі", {"UA", "DE", "PL"}),
        ("cs", "Americké jednotky v Německu", {"US", "DE"}),
        ("sk", "Americké jednotky v Nemecku", {"US", "DE"}),
        ("sv", "Den ryska armén i Tyskland", {"RU", "DE"}),
        ("da", "Den russiske hær i Tyskland", {"RU", "DE"}),
        ("nb", "Den russiske hæren i Tyskland", {"RU", "DE"}),
        (
            "fi",
            "Venäläiset sotilaat Ukrainassa ja Ruotsin hallitus",
            {"RU", "UA", "SE"},
        ),
        ("hu", "Az orosz hadsereg Ukrajnában", {"RU", "UA"}),
        ("ro", "Armata rusă și guvernul României", {"RU", "RO"}),
        ("el", "Ο ρωσικός στρατός και η κυβέρνηση της Γαλλίας", {"RU", "FR"}),
        ("tr", "Rus ordusu Ukrayna'nın doğusunda, Almanya'da", {"RU", "UA", "DE"}),
        ("ar", "الجيش الروسي وأوكرانيا وللصين", {"RU", "UA", "CN"}),
        ("fa", "ارتش روسیه و دولت آمریکا", {"RU", "US"}),
        ("he", "הצבא הרוסי ובאוקראינה", {"RU", "UA"}),
        ("he", "כיוון שהם באו לכיוון העיר", set()),
        ("he", "ראש ממשלת יוון ביקר ביוון", {"GR"}),
        ("hi", "अमेरिकी सेना और रूस", {"US", "RU"}),
        ("zh", "美国和俄罗斯", {"US", "RU"}),
        ("ja", "アメリカとロシアの首脳", {"US", "RU"}),
        ("ko", "러시아군이 우크라이나에서, 미국은", {"RU", "UA", "US"}),
        ("id", "Tentara Rusia di Ukraina dan Amerika Serikat", {"RU", "UA", "US"}),
        ("vi", "Quân đội Nga và Mỹ ở Việt Nam", {"RU", "US", "VN"}),
        ("vi", "Cô ấy dạy tiếng Anh và tiếng Pháp", set()),
        ("vi", "Ông Nguyễn Đức Anh gặp ca sĩ Mỹ Tâm", set()),
        ("th", "กองทัพรัสเซียในยูเครน", {"RU", "UA"}),
        ("hr", "Ruska vojska u Njemačkoj", {"RU", "DE"}),
        ("sr", "Руска војска у Немачкој", {"RU", "DE"}),
        ("lt", "Rusijos kariuomenė Lietuvoje", {"RU", "LT"}),
        ("xx", "Deutschland, Россия", {"DE", "RU"}),
        (None, "Deutschland, Россия", {"DE", "RU"}),
    ],
)
def test_languages_and_their_inflections(
    tagger: CountryTagger, language: str | None, text: str, expected: set[str]
) -> None:
    assert codes(tagger, text, language) >= expected


@pytest.mark.parametrize(
    ("language", "text", "code", "kind"),
    [
        ("en", "the Kremlin", "RU", Kind.GOVERNMENT),
        ("en", "the White House", "US", Kind.GOVERNMENT),
        ("en", "at Downing Street", "GB", Kind.GOVERNMENT),
        ("fr", "L'Élysée dément", "FR", Kind.GOVERNMENT),
        ("fr", "la Maison-Blanche", "US", Kind.GOVERNMENT),
        ("de", "im Weißen Haus", "US", Kind.GOVERNMENT),
        ("es", "la Casa Rosada", "AR", Kind.GOVERNMENT),
        ("ru", "в Кремле", "RU", Kind.GOVERNMENT),
        ("ar", "البيت الأبيض", "US", Kind.GOVERNMENT),
        ("zh", "中南海", "CN", Kind.GOVERNMENT),
        ("ja", "ホワイトハウス", "US", Kind.GOVERNMENT),
        ("tr", "Beyaz Saray'dan", "US", Kind.GOVERNMENT),
        ("fr", "Moscou dément", "RU", Kind.CAPITAL),
        ("pl", "w Warszawie", "PL", Kind.CAPITAL),
        ("en", "in Scotland", "GB", Kind.REGION),
        ("en", "French troops", "FR", Kind.DEMONYM),
        ("en", "France said", "FR", Kind.NAME),
        ("en", "a flat in Munich", "DE", Kind.CITY),
    ],
)
def test_kinds(
    tagger: CountryTagger, language: str, text: str, code: str, kind: Kind
) -> None:
    (country,) = tagger.tag(title=None, text=text, language=language)
    assert (country.code, country.mentions[0].kind) == (code, kind)
