from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transforms.listings import Moment
from transforms.text.calendars import day_comes_first
from transforms.text.dates import parse_date, plausible
from transforms.vocabulary import Precision

SECOND, MINUTE, DAY = Precision.SECOND, Precision.MINUTE, Precision.DAY


@pytest.mark.parametrize(
    ("raw", "at", "precision"),
    [
        # RFC 822, 850, 5322
        ("Mon, 10 Jun 2024 12:34:56 GMT", "2024-06-10 12:34:56", SECOND),
        ("Mon, 10 Jun 2024 12:34:56 +0200", "2024-06-10 10:34:56", SECOND),
        ("Mon, 10 Jun 2024 12:34:56 -0000", "2024-06-10 12:34:56", SECOND),
        ("10 Jun 24 12:34 EST", "2024-06-10 17:34:00", MINUTE),
        ("Thu, 10 Jun 99 12:34:56 Z", "1999-06-10 12:34:56", SECOND),
        ("Monday, 10-Jun-24 12:34:56 GMT", "2024-06-10 12:34:56", SECOND),
        ("Sat, 31 Dec 2016 23:59:60 UTC", "2016-12-31 23:59:59", SECOND),
        ("Mon, 10 Jun 2024 12:34:56 +0200 (CEST)", "2024-06-10 10:34:56", SECOND),
        ("  Mon ,10\u00a0June 2024 12:34:56\tUT ", "2024-06-10 12:34:56", SECOND),
        ("Mon, 10 Jun 2024", "2024-06-10", DAY),
        # ISO 8601, W3CDTF
        ("2024-06-10T12:34:56Z", "2024-06-10 12:34:56", SECOND),
        ("2024-06-10T12:34:56.7891234+05:30", "2024-06-10 07:04:56.789123", SECOND),
        ("2024-06-10T12:34-0330", "2024-06-10 16:04:00", MINUTE),
        ("2024-06-10t12:34:56z", "2024-06-10 12:34:56", SECOND),
        ("2024-06-10 12:34:56+02", "2024-06-10 10:34:56", SECOND),
        ("20240610T123456Z", "2024-06-10 12:34:56", SECOND),
        ("2024-06-10T24:00:00Z", "2024-06-11", SECOND),
        ("2024-06-10", "2024-06-10", DAY),
        ("20240610", "2024-06-10", DAY),
        ("2024-162", "2024-06-10", DAY),
        ("2024-366", "2024-12-31", DAY),
        # Seconds and milliseconds since 1970
        ("1718020800", "2024-06-10 12:00:00", SECOND),
        ("1718020800123", "2024-06-10 12:00:00", SECOND),
        # What publishers make of it
        ("Mon Jun 10 12:34:56 UTC 2024", "2024-06-10 12:34:56", SECOND),
        (
            "Mon Jun 10 2024 12:34:56 GMT+0200 (Central European Summer Time)",
            "2024-06-10 10:34:56",
            SECOND,
        ),
        ("June 10th, 2024 at 3:04 p.m. EDT", "2024-06-10 19:04:00", MINUTE),
        ("2024-06-10 12:04 AM UTC", "2024-06-10 00:04:00", MINUTE),
        ("Fri, 31 Jan 2025 10:00:00 ET", "2025-01-31 15:00:00", SECOND),
        ("Mon, 10 Jun 2024 10:00:00 ET", "2024-06-10 14:00:00", SECOND),
        ("2024/06/10 12:34 JST", "2024-06-10 03:34:00", MINUTE),
        ("10.06.2024", "2024-06-10", DAY),
        ("25/06/2024", "2024-06-25", DAY),
        ("06/25/2024", "2024-06-25", DAY),
        # Other languages
        ("lun, 10 juin 2024 10:00:00 +0200", "2024-06-10 08:00:00", SECOND),
        ("mar. 10 déc. 2024 10:00 CET", "2024-12-10 09:00:00", MINUTE),
        ("mar, 11 mar 2025 10:00:00 GMT", "2025-03-11 10:00:00", SECOND),
        ("lundi 10 juin 2024 à 10h30", "2024-06-10 10:30:00", DAY),
        ("1er août 2024", "2024-08-01", DAY),
        ("Montag, 10. Juni 2024, 12:34 MESZ", "2024-06-10 10:34:00", MINUTE),
        ("lunes, 10 de junio de 2024 10:00:00 GMT", "2024-06-10 10:00:00", SECOND),
        ("10 июня 2024 г. 10:00 MSK", "2024-06-10 07:00:00", MINUTE),
        ("10 czerwca 2024", "2024-06-10", DAY),
        ("١٠ يونيو ٢٠٢٤", "2024-06-10", DAY),
        ("2024年6月10日", "2024-06-10", DAY),
        ("2024년 6월 10일 오후 3:04:05 KST", "2024-06-10 06:04:05", SECOND),
        # Letters that combine, names of several words, prefixes and endings
        ("१० जून २०२४", "2024-06-10", DAY),
        ("10 फरवरी 2024", "2024-02-10", DAY),
        ("১০ ফেব্রুয়ারি ২০২৪, ০৭:০৫", "2024-02-10 07:05:00", DAY),
        ("10 มิ.ย. 2567", "2024-06-10", DAY),
        ("๑๐ มิถุนายน ๒๕๖๗ เวลา 07:05 น.", "2024-06-10 07:05:00", DAY),
        ("Thứ Hai, ngày 10 tháng 6 năm 2024", "2024-06-10", DAY),
        ("T2 Th6 10 2024", "2024-06-10", DAY),
        ("10 tháng sáu 2024", "2024-06-10", DAY),
        ("10 ஜூன் 2024", "2024-06-10", DAY),
        ("10 जून, 2024", "2024-06-10", DAY),
        ("10 جون، 2024", "2024-06-10", DAY),
        ("10 اغسطس 2024", "2024-08-10", DAY),
        ("10 تشرين الأول 2024", "2024-10-10", DAY),
        ("۲۱ خرداد ۱۴۰۳", "2024-06-10", DAY),
        ("1403/03/21", "2024-06-10", DAY),
        ("10 ביוני 2024", "2024-06-10", DAY),
        ("10 d’abril de 2024", "2024-04-10", DAY),
        ("2024ko ekainaren 10a", "2024-06-10", DAY),
        ("2024. gada 10. jūnijs", "2024-06-10", DAY),
        ("2024. június 10. 07:05", "2024-06-10 07:05:00", DAY),
        ("10 Ιουνίου 2024", "2024-06-10", DAY),
        # A time without a zone gives the day
        ("2024-06-10T12:34:56", "2024-06-10 12:34:56", DAY),
        ("Mon Jun 10 12:34:56 2024", "2024-06-10 12:34:56", DAY),
        # A time or a zone that is not understood leaves the day
        ("Mon, 10 Jun 2024 12:34:56 IST", "2024-06-10", DAY),
        ("Mon, 10 Jun 2024 12:34:56 XYZ", "2024-06-10", DAY),
        ("Mon, 10 Jun 2024 12:34:56 A", "2024-06-10", DAY),
        ("Mon, 10 Jun 2024 12:34:56 CET+1", "2024-06-10", DAY),
        ("2024-06-10T12:34:56+99:00", "2024-06-10", DAY),
        ("2024-06-10T25:00:00Z", "2024-06-10", DAY),
        ("2024-06-10 13:00 PM GMT", "2024-06-10", DAY),
        ("12:04 am, 10 June 2024 GMT", "2024-06-10", DAY),
        ("10.06.2024, 12:34 Uhr", "2024-06-10 12:34:00", DAY),
        ("2024年6月10日 7時05分", "2024-06-10 07:05:00", DAY),
        ("2024-06-10 12:34:56 Europe/Berlin", "2024-06-10 10:34:56", SECOND),
        ("2024-06-10 12:34:56 Atlantis/Poseidonis", "2024-06-10", DAY),
        ("Mon, 10 Jun 2024 12.34.56 +0200", "2024-06-10 10:34:56", SECOND),
        ("10. kesäkuuta 2024 klo 12.34", "2024-06-10 12:34:00", DAY),
        ("10 juin 2024 à 10 h 30", "2024-06-10 10:30:00", DAY),
        ("Mon, 10 Jun 2024 12:34:56 +0000+00:00", "2024-06-10 12:34:56", SECOND),
        # What cannot be understood without doubt
        ("Sun, 30 Feb 2024 10:00:00 GMT", None, None),
        ("2023-366", None, None),
        # Mehr has 30 days, Esfand 29 in most years.
        ("31 مهر 1402", None, None),
        ("1402/12/30", None, None),
        ("1403/12/30", "2025-03-20", DAY),
        ("10/06/2024", None, None),
        ("10 listopad 2024", None, None),
        ("2024-06", None, None),
        ("2024", None, None),
        ("12:34", None, None),
        ("0000-00-00", None, None),
        ("0000-00-00T00:00:00Z", None, None),
        ("9999-12-31T23:59:59-01:00", None, None),
        ("-1", None, None),
        ("0", None, None),
        ("123456789", None, None),
        ("yesterday", None, None),
        ("", None, None),
        (None, None, None),
        ("1" * 5_000, None, None),
    ],
)
def test_parse_date(
    raw: str | None, at: str | None, precision: Precision | None
) -> None:
    if at is None or precision is None:
        assert parse_date(raw) is None
    else:
        moment = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
        assert parse_date(raw) == Moment(moment, precision)


@pytest.mark.parametrize(
    ("language", "at"),
    [
        ("fr", "2024-06-10"),
        ("pt-BR", "2024-06-10"),
        ("vi", "2024-06-10"),
        ("en-GB", "2024-06-10"),
        ("en-US", "2024-10-06"),
        ("en", None),
        ("xx-nonsense", None),
        ("", None),
    ],
)
def test_the_language_decides_an_order(language: str, at: str | None) -> None:
    moment = parse_date("10/06/2024", day_first=day_comes_first(language))
    assert (moment and moment.at.date().isoformat()) == at


@given(
    st.datetimes(dt.datetime(1990, 1, 2), dt.datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_what_python_writes_is_read_back(naive: dt.datetime, minutes: int) -> None:
    at = naive.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    assert parse_date(at.isoformat()) == Moment(at.astimezone(dt.UTC), SECOND)
    mail = at.strftime("%a, %d %b %Y %H:%M:%S %z")
    whole = at.replace(microsecond=0).astimezone(dt.UTC)
    assert parse_date(mail) == Moment(whole, SECOND)


@given(
    st.one_of(
        st.text(max_size=120),
        st.lists(
            st.sampled_from(
                [
                    *("Mon", "10", "2024", "Jun", "juin", "12:34", ":", "T", "Z", "+"),
                    *(
                        "02:00",
                        "-",
                        "/",
                        ".",
                        ",",
                        " ",
                        "pm",
                        "GMT",
                        "IST",
                        "年",
                        "(",
                        ")",
                    ),
                    *("9999", "0000", "00", "99", "²", "٣", "1718020800"),
                ]
            ),
            max_size=14,
        ).map("".join),
    )
)
@example("²0²4-06-10")
@example("9999-12-31T24:00:00Z")
@example("0001-01-01T00:00:00+14:00")
def test_no_string_raises(raw: str) -> None:
    moment = parse_date(raw)
    assert moment is None or moment.at.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("1989-12-31 23:59:59", False),
        ("1990-01-01 00:00:00", True),
        ("2024-06-10 12:00:00", True),
        ("2024-06-11 12:00:00", True),
        ("2024-06-11 12:00:01", False),
        ("9999-12-31 23:59:59", False),
    ],
)
def test_plausible(at: str, *, expected: bool) -> None:
    now = dt.datetime(2024, 6, 10, 12, tzinfo=dt.UTC)
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    assert plausible(moment, now) is expected
