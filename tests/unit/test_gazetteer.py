from __future__ import annotations

import gzip
import importlib.resources
import re

import pytest

from transforms.enrich.geography.folding import fold
from transforms.enrich.geography.gazetteer import Gazetteer
from transforms.vocabulary import Kind

TABLE = """\
suffix\txx.a\t- n en
suffix\txx.k\t*
words\tdrowned\txx\tnu
words\tloud\txx\tnl
words\tloud-after\txx\tthe
words\tplace\txx\tin at
letters\tд=d
Norland\tNO\tname\txx\t\t\t\treviewed
Norland City\tSE\tcapital\txx\t\t\t\treviewed
norlandi\tNO\tdemonym\txx\txx.a\t\t\treviewed
Norway\tNO\tname\t*\t\t\t\tcldr
Norway\tDK\tname\tyy\t\t\t\tcldr
NL\tNL\tname\txx\t\t\t\treviewed
N.L.\tNL\tname\txx\t\t\t\treviewed
NLD\tNL\tname\txx\t\t\t\treviewed
NU\tNU\tname\txx\t\t\t\treviewed
iNorland\tNO\tname\txx\t\t\t\treviewed
La Nor\tNO\tcapital\txx\t\t\t\treviewed
مالي\tML\tname\tar\t\t\t\treviewed
مالي\tML\tdemonym\tfa\t\t\t\treviewed
Norland Bank\t-\ttrap\txx\t\t\t\treviewed
sheriff\tUS\thint\txx\t\t\t\treviewed
Österland\tAT\tname\txx\t\t\t\treviewed
북국\tKP\tname\tko\txx.k\t\t\treviewed
北国\tJP\tname\tzh\t\t\t\treviewed
マリ\tML\tname\tja\t\t\t\treviewed
المملكة\tSA\tname\tar\t\t\t\treviewed
Springfield\tUS|AU\tcity\t*\t\t150000|20000\t\tgeonames
"""


@pytest.fixture(scope="module")
def small() -> Gazetteer:
    return Gazetteer(TABLE)


@pytest.fixture(scope="module")
def whole() -> Gazetteer:
    return Gazetteer.load()


def found(
    gazetteer: Gazetteer, text: str, language: str | None = "xx"
) -> list[tuple[str, tuple[str, ...]]]:
    return [(match.surface, match.codes) for match in gazetteer.find(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in Norland, Norland City", [("Norland", ("NO",)), ("Norland City", ("SE",))]),
        ("norland Norlands Northnorland", []),
        ("norlandi Norlandien norlandis", [
            ("norlandi", ("NO",)),
            ("Norlandien", ("NO",)),
        ]),
        ("at the Norland Bank", []),
        ("NORLAND", [("NORLAND", ("NO",))]),
        ("d’Norland, d'Norland-Norland", [("Norland", ("NO",))] * 3),
        ("the NL and nl", [("NL", ("NL",))]),
        ("WE TOLD NL TO GO", []),
        ("NL AND THE NL GO: NL WAITS", [("NL", ("NL",))] * 3),
        ("WE TOLD NLD TO GO", [("NLD", ("NL",))]),
        ("NU WE TOLD THEM EVERYTHING", []),
        ("They told NU everything", [("NU", ("NU",))]),
        ("inorland and iNorland", [("iNorland", ("NO",))]),
        ("In la Nor. La nor La Nor", [("La Nor", ("NO",))]),
        ("He saw La nor.", [("La nor", ("NO",))]),
        ("The N.L. and the N.L", [("N.L.", ("NL",)), ("N.L", ("NL",))]),
        ("OSTERLAND Österland Osterland Ósterland", [
            ("OSTERLAND", ("AT",)),
            ("Österland", ("AT",)),
            ("Osterland", ("AT",)),
        ]),
        ("Norland\nCity", [("Norland\nCity", ("SE",))]),
        ("Norland\n\nCity", [("Norland", ("NO",))]),
        ("Springfield", [("Springfield", ("US", "AU"))]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_match_is_a_word_in_the_case_of_its_form(
    small: Gazetteer, text: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert found(small, text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ko", "북국에서는", ["북국에서는"]),
        ("ko", "남북국", []),
        ("zh", "我在北国的", ["北国"]),
        ("ja", "マリの マリア", ["マリ"]),
        ("ar", "والمملكة وللمملكة", ["المملكة", "للمملكة"]),
        ("ar", "مالي ولمالي المالي", ["مالي", "مالي"]),
        ("zh", "北国语", []),
        ("ko", "북국어 북국을", ["북국을"]),
    ],
)
def test_scripts_have_their_own_edges(
    small: Gazetteer, language: str, text: str, expected: list[str]
) -> None:
    assert [match.surface for match in small.find(text, language)] == expected


def test_a_language_s_own_reading_comes_before_the_general_one(
    small: Gazetteer,
) -> None:
    assert found(small, "Norway won", "xx") == [("Norway", ("NO",))]
    assert found(small, "Norway won", "yy-YY") == [("Norway", ("DK",))]


def test_an_unknown_language_reads_all_forms(small: Gazetteer) -> None:
    assert found(small, "in Norland", "qq") == [("Norland", ("NO",))]
    assert found(small, "in Norland", None) == [("Norland", ("NO",))]
    assert found(small, "in Norland", "yy") == []
    assert found(small, " Norland ", "yy") == [("Norland", ("NO",))]


def test_hints_are_told_apart_from_matches(small: Gazetteer) -> None:
    matches, hints = small.scan("A sheriff of Norland", "xx")
    assert [match.surface for match in matches] == ["Norland"]
    assert hints == {"US": 1}


def test_words_and_letters_come_from_the_table(small: Gazetteer) -> None:
    assert small.words("place", "xx") == {"in", "at"}
    assert small.words("place", "yy") == frozenset()
    assert small.letters == {"д": "d"}
    assert ("Norland", "NO") in set(small.names())


@pytest.mark.parametrize(
    "text", ["Straße İstanbul ŉ ﬁ ǅ", "Ångström", "한국", "バ", "ё"]
)
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_offsets_count_code_points(small: Gazetteer) -> None:
    text = "😀😀 Norland 😀 Norland"
    for match in small.find(text, "xx"):
        assert text[match.start : match.end] == match.surface == "Norland"


def test_the_version_names_the_data(small: Gazetteer, whole: Gazetteer) -> None:
    assert re.fullmatch(r"newsbeam-gazetteer/1\+[0-9a-f]{8}", whole.version)
    assert small.version != whole.version


def test_every_row_tells_where_it_comes_from() -> None:
    packed = importlib.resources.files("transforms.enrich.data") / "gazetteer.tsv.gz"
    known = {
        *("reviewed", "cldr", "countrynames", "django-countries", "geonames"),
        "i18n-iso-countries",
    }
    kinds = {*(kind.value for kind in Kind), "trap", "hint", "combining", "pair"}
    for line in gzip.decompress(packed.read_bytes()).decode().splitlines():
        cells = line.split("\t")
        if line.startswith("#") or cells[0] in {"suffix", "words", "letters"}:
            continue
        form, codes, kind, languages, *_, sources = cells
        assert form
        assert languages
        assert kind in kinds
        assert sources
        assert set(sources.split(" ")) <= known
        assert re.fullmatch(r"-|[A-Z]{2}(\|[A-Z]{2})*", codes)


@pytest.mark.parametrize(
    "code",
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM
    BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY
    CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI
    GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD
    ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO
    NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
    SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN
    TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM
    ZW""".split(),
)
def test_every_country_has_a_name(whole: Gazetteer, code: str) -> None:
    assert any(known == code for _, known in whole.names())


def test_one_scan_serves_two_stages(small: Gazetteer) -> None:
    text = "Norland and Norland City."
    first = small.scan(text, "xx")
    assert small.scan(text, "xx") is first
    assert small.scan(text, "yy") is not first
    assert small.find(text, "xx") == first.matches
    for number in range(20):
        small.scan(f"{text} {number}", "xx")
    # Texts are not kept for ever.
    assert small.scan(text, "xx") is not first
    assert small.scan(text, "xx") == first
