from __future__ import annotations

import pytest
from growth import grows_too_fast, repeated

from transforms.signing.people import Byline, clean_authors, is_byline_label


@pytest.mark.parametrize(
    ("field", "authors"),
    [
        # Several, in several languages
        ("By Ann Lee, Tom Roe and Eva Poe", ["Ann Lee", "Tom Roe", "Eva Poe"]),
        ("Von Anna Schmidt und Bernd Maier", ["Anna Schmidt", "Bernd Maier"]),
        ("Ann Lee & Tom Roe", ["Ann Lee", "Tom Roe"]),
        ("王小明、李雷", ["王小明", "李雷"]),
        ("记者 王小明 李雷", ["王小明", "李雷"]),
        ("山田 太郎", ["山田 太郎"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Ana Pérez y Luis Gómez", ["Ana Pérez", "Luis Gómez"]),
        # The surname first
        ("Lee, Ann", ["Ann Lee"]),
        ("Lee, Ann; Roe, Tom", ["Ann Lee", "Tom Roe"]),
        ("von der Heide, Ursula", ["Ursula von der Heide"]),
        # What stands around a name
        ("Ann Lee (Berlin)", ["Ann Lee"]),
        ("Ann Lee in Port Selwyn", ["Ann Lee"]),
        ("Ann Lee, Political Correspondent", ["Ann Lee"]),
        ("Anna Schmidt, Berlin", ["Anna Schmidt"]),
        ("Malcolm Roe Monday", ["Malcolm Roe"]),
        ("By Ann Lee March 2, 2026", ["Ann Lee"]),
        ("Ann Lee And Tom Roe For The Sunday Harbour", ["Ann Lee", "Tom Roe"]),
        ("The Harbour By Ann Lee", ["Ann Lee"]),
        ("Disko Von Anna Schmidt", ["Anna Schmidt"]),
        ("Dita Von Teese", ["Dita Von Teese"]),
        ("Ann Lee The Harbour", ["Ann Lee"]),
        ("Ann Lee. Harbour Radio", ["Ann Lee"]),
        ("J. R. Lee", ["J. R. Lee"]),
        ("Reuters November", []),
        ("Posted on September 21, 2020 by Ann Lee", ["Ann Lee"]),
        ("Datum: 19.11.2021 Autor: Anna Schmidt Quelle: Hafenblatt", ["Anna Schmidt"]),
        ("ann@gazette.example (Ann Lee)", ["Ann Lee"]),
        ("Ann Lee <ann@gazette.example>", ["Ann Lee"]),
        ("Rechtsanwalt Bernd Maier", ["Bernd Maier"]),
        ("View all posts by Ann Lee", ["Ann Lee"]),
        ("Text: Anna Schmidt; Fotos: Bernd Maier", ["Anna Schmidt"]),
        ("Автор: Иван Петров", ["Иван Петров"]),
        ("记者 王小明", ["王小明"]),
        ("文・山田太郎", ["山田太郎"]),
        ("山田太郎記者", ["山田太郎"]),
        ("홍길동 기자", ["홍길동"]),
        ("Oleh Budi Santoso", ["Budi Santoso"]),
        ("Yazar: Ayşe Yılmaz", ["Ayşe Yılmaz"]),
        ("Bởi Nguyễn Văn A", ["Nguyễn Văn A"]),
        # Capitals
        ("ANN LEE and TOM ROE", ["Ann Lee", "Tom Roe"]),
        ("Jean DUPONT", ["Jean Dupont"]),
        ("J. I. DA SILVA", ["J. I. da Silva"]),
        # Nobody
        *(
            (house, [])
            for house in (
                *(
                    "Condé Nast",
                    "Hafenblatt GmbH",
                    "SRF",
                    "hafen.example.de",
                    "Unknown",
                ),
                *("journalist", "Redaktion", "noreply@blogger.com (Unknown)", "admin"),
                *("https://www.facebook.com/gazette", "Selwyn Radio", "Super User"),
                *("Foto: Bernd Maier", "责任编辑：王小明", "The Harbour", "Read: more"),
            )
        ),
    ],
)
def test_people(field: str, authors: list[str]) -> None:
    assert clean_authors([field], ["The Harbour"]).authors == tuple(authors)


def test_authors_are_people_once_each() -> None:
    declared = ["By Jane Doe, Reuters", "jane doe", "Rédaction", "web@example.org", ""]
    assert clean_authors(declared) == Byline(("Jane Doe",), "Reuters")
    assert clean_authors(["Le Figaro avec AFP"]).agency == "AFP"
    told = clean_authors(["By ANN LEE and TOM ROE Associated Press"])
    assert told == Byline(("Ann Lee", "Tom Roe"), "AP")


def test_one_word_is_a_person_only_where_the_source_says_so() -> None:
    assert clean_authors(["Suharto"]).authors == ()
    assert clean_authors(["Suharto"], single=True).authors == ("Suharto",)
    assert clean_authors(["SRF"], single=True).authors == ()


def test_labels_announce_an_author() -> None:
    assert is_byline_label("Written by")
    assert is_byline_label("Verfasst von")
    assert not is_byline_label("Reading time")


@pytest.mark.parametrize(
    "piece", ["A ", "A, ", "A and ", "von ", "(a", "a@b ", "by ", "A y B ", "Autor: "]
)
def test_a_hostile_field_costs_nothing(piece: str) -> None:
    def clean(text: str) -> object:
        return clean_authors([piece * (300 // len(piece)), text])

    assert not grows_too_fast(clean, repeated(piece))
