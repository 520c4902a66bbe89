"""Which code page an undeclared text is in: a sentence or two in the languages of each."""

from __future__ import annotations

import time
import unicodedata

import pytest

from transforms.text.charset import decode

WESTERN = {
    "fr": "La présidente a été reçue à l'Assemblée, où l'on débat du prix du maïs.",
    "de": "Die Behörden schließen für zwei Wochen alle Fähren über den größten Fluß.",
    "pt": "A situação não é fácil: o avião de Brasília só chegará amanhã de manhã.",
    "es": "El señor alcalde anunció que mañana empezará la reparación del túnel.",
    "it": "La città è più povera, perché il governo non pagherà ciò che promise.",
    "sv": "Åsa Öberg från Malmö är ny ordförande för kommunens största företag.",
    "da": "Børnene på skolen får nu færre lektier, siger ministeren på Færøerne.",
    "no": "Kommunen må stenge broen over elva, sier ordføreren på Hamar på lørdag.",
    "fi": "Hän sanoi eilen, että päätös pitää tehdä ennen syksyä myös Jyväskylässä.",
    "is": "Ráðherrann sagði að það væri þörf á nýjum vegi á milli bæjanna í sýslunni.",
    "nl": "De Belgische coördinator zei dat de financiële ruïne een één jaar oud idee is.",
    "ca": "L'alcaldessa diu que la solució és difícil però arribarà abans del març.",
    "en": "The café owner, Zoë Brontë, said the façade of the hotel needed fresh paint.",
}
CENTRAL = {
    "pl": "Władze zamknęły wczoraj most, ponieważ w jego podporach znaleziono pęknięcia.",
    "cs": "Starosta města řekl, že příští týden začnou opravy nejstaršího mostu.",
    "hu": "A polgármester szerint a következő hetekben erősítik meg a régi hidat, tűzoltók.",
    "sk": "Starosta povedal, že na budúci týždeň začnú opravy najstaršieho mosta vo štvrti.",
    "hr": "Gradonačelnik je rekao da će sljedećeg tjedna početi obnova najstarijeg mosta, čija.",
    "sl": "Župan je povedal, da se bo obnova najstarejšega mostu začela že v četrtek.",
    "ro": "Primăria oraşului a anunţat că podul va fi închis până săptămâna viitoare.",
}
TURKISH = {
    "tr": "Belediye başkanı, eski köprünün gelecek hafta onarılacağını söyledi; işçiler."
}
BALTIC = {
    "lt": "Meras pranešė, kad kitą savaitę prasidės seniausio tilto remonto darbai, žinių.",
    "lv": "Pilsētas mērs paziņoja, ka nākamnedēļ sāksies vecākā tilta remonta darbi.",
    "et": "Linnapea ütles, et järgmisel nädalal algavad vanima silla remonditööd.",
}
OTHERS = {
    "windows-1251": (
        "Мэр города сообщил, что на следующей неделе начнётся ремонт старого моста.",
        "Міський голова повідомив, що наступного тижня почнеться ремонт моста.",
        "Кметът съобщи, че следващата седмица започва ремонтът на стария мост.",
    ),
    "koi8-r": (
        "Мэр города сообщил, что на следующей неделе начнётся ремонт старого моста.",
    ),
    "windows-1253": (
        "Ο δήμαρχος ανακοίνωσε ότι την επόμενη εβδομάδα αρχίζει η επισκευή της γέφυρας.",
    ),
    "windows-1255": ("ראש העיר הודיע כי בשבוע הבא יתחיל שיפוץ הגשר הישן במרכז העיר.",),
    "windows-1256": (
        "أعلن رئيس البلدية أن إصلاح الجسر القديم سيبدأ في الأسبوع المقبل وسط المدينة.",
    ),
    "shift_jis": (
        "市長は火曜日に記者会見を開き、来週から古い橋の修理を始めると発表した。",
    ),
    "euc-jp": (
        "市長は火曜日に記者会見を開き、来週から古い橋の修理を始めると発表した。",
    ),
    "gb18030": (
        "市长星期二举行记者会，宣布下周开始修理市中心的旧桥，工程需要两个月。",
    ),
    "big5": ("市長星期二舉行記者會，宣布下週開始修理市中心的舊橋，工程需要兩個月。",),
    "euc-kr": (
        "시장은 화요일 기자회견을 열고 다음 주부터 낡은 다리를 수리한다고 발표했다.",
    ),
    "cp874": ("นายกเทศมนตรีประกาศว่าการซ่อมสะพานเก่าจะเริ่มในสัปดาห์หน้าที่ใจกลางเมือง",),
}
CODE_PAGES = {
    "windows-1252": WESTERN,
    "iso-8859-15": WESTERN,
    "windows-1250": CENTRAL,
    "iso-8859-2": CENTRAL,
    "windows-1254": TURKISH,
    "iso-8859-9": TURKISH,
    "windows-1257": BALTIC,
}
CASES = [
    (codec, language, text)
    for codec, texts in CODE_PAGES.items()
    for language, text in texts.items()
] + [(codec, "", text) for codec, texts in OTHERS.items() for text in texts]
VIETNAMESE = "Chính quyền thành phố cho biết cây cầu cũ sẽ được sửa chữa từ tuần sau."


def page(text: str, head: str = "") -> str:
    return (
        f"<html><head>{head}<title>{text}</title><script>var a = 'b' && 1;</script></head>"
        f"<body class='x'><h1>{text}</h1>\n<p>{text}</p><p>{text}</p></body></html>"
    )


@pytest.mark.parametrize(("codec", "language", "text"), CASES)
def test_a_sentence_tells_its_code_page(codec: str, language: str, text: str) -> None:
    del language
    data = page(text).encode(codec)
    assert decode(data) == page(text)
    # The server's program names another for everything.
    assert decode(data, "utf-8") == page(text)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        *((text, "windows-1252") for text in WESTERN.values()),
        *((text, "windows-1250") for text in CENTRAL.values()),
        *((text, "windows-1254") for text in TURKISH.values()),
        *((text, "windows-1257") for text in BALTIC.values()),
    ],
)
@pytest.mark.parametrize(
    "declared",
    ["iso-8859-1", "windows-1250", "iso-8859-2", "windows-1254", "windows-1251"],
)
def test_a_declaration_of_another_code_page_is_not_believed(
    text: str, codec: str, declared: str
) -> None:
    text = f"{text} {text} {text}"
    assert decode(text.encode(codec), declared) == text


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1250", "utf-8"])
@pytest.mark.parametrize("codec", OTHERS)
def test_no_other_script_is_read_as_latin(codec: str, declared: str) -> None:
    text = OTHERS[codec][0] * 8
    assert decode(text.encode(codec), declared) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "situação não",
            "Åsa",
            "à l'Assemblée que le maïs",
            "El Niño",
            "l’œil",
            "Nº 5",
        ),
        *("Île-de-France: œuvre", "¿Qué pasó?", "prix: 5 € l’unité", "100 °C – “hot”…"),
        *("POLÍCIA DE SÃO PAULO", "Düsseldorf & Köln", "naïve", "Müller", "Malmö"),
    ],
)
def test_a_few_words_are_western_where_nothing_speaks_against_it(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_vietnamese_has_marks_of_its_own() -> None:
    data = b"".join(map(_in_1258, VIETNAMESE))
    assert unicodedata.normalize("NFC", decode(data)) == VIETNAMESE


def _in_1258(character: str) -> bytes:
    try:
        return character.encode("cp1258")
    except UnicodeEncodeError:
        base, *marks = list(unicodedata.normalize("NFD", character))
        tones = "".join(
            mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"
        )
        rest = "".join(mark for mark in marks if mark not in tones)
        base = unicodedata.normalize("NFC", base + rest)
        return base.encode("cp1258") + tones.encode("cp1258")


@pytest.mark.parametrize(
    "piece", [b"<script", b"<!--", b"<", b"&", b"\xe9", b"a\xe9", b"("]
)
def test_no_bytes_cost_more_than_their_length(piece: bytes) -> None:
    data = b"\xe9 " + piece * (1_000_000 // len(piece))
    started = time.thread_time()
    decode(data)
    assert time.thread_time() - started < 5
