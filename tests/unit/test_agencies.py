from __future__ import annotations

import pytest
from growth import grows_too_fast, repeated

from transforms.signing.agencies import closing_agency, dateline_agency


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("PARIS, 12 sept (Reuters) - Le président", "Reuters"),
        ("KYIV, Ukraine (AP) — The president", "AP"),
        ("Bremen/Kiel (dpa) - Die Häfen", "dpa"),
        ("Kiel (dpa/lno) - Die Häfen", "dpa"),
        ("Wien (APA/dpa) – Die Häfen", "APA"),
        ("PORT SELWYN (Reuters) - A crane", "Reuters"),
        ("A summary of the story.\n\nPORT SELWYN (Reuters) - A crane", "Reuters"),
        ("NEW DELHI, Mar 2 (PTI) The government", "PTI"),
        ("Madrid, 2 mar (EFE).- El puerto", "EFE"),
        ("(ANSA) - ROMA, 02 MAR - Il porto", "ANSA"),
        ("МОСКВА, 2 марта. /ТАСС/. Порт", "TASS"),
        ("МОСКВА, 2 мар (РИА Новости). Порт", "RIA Novosti"),
        ("Brussels, Belgium | AFP", "AFP"),
        ("(서울=연합뉴스) 항구가", "Yonhap"),
        ("[東京 2日 ロイター] - 港は", "Reuters"),
        ("新华社北京9月12日电 国务院", "Xinhua"),
        ("The bank (AP) said", None),
        ("Die Partei (AfD) - sie", None),
        ("AFP reporters were there", None),
    ],
)
def test_datelines(text: str, agency: str | None) -> None:
    assert dateline_agency(text) == agency


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("sagte er am Montag. (dpa)", "dpa"),
        ("sagte er am Montag (sda/afp)", "SDA"),
        ("said the mayor. (Reuters, AFP)", "Reuters"),
        ("sagte er. (Mit Material von dpa und AFP)", "dpa"),
        ("a member of the Scottish Pipers' Association (SPA)", None),
        ("the port of Selwyn (PAP).", None),
        ("he said. (2023)", None),
    ],
)
def test_credits_at_the_end(text: str, agency: str | None) -> None:
    assert closing_agency(text) == agency


@pytest.mark.parametrize("piece", ["(", "A ", "A, ", "AFP, ", "(AFP", "2 ", "A. /"])
def test_a_hostile_opening_costs_nothing(piece: str) -> None:
    for read in (dateline_agency, closing_agency):
        assert not grows_too_fast(read, repeated(piece))
