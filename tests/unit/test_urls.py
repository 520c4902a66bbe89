from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transforms.urls import (
    canonical,
    domain,
    normalize,
    resolve,
    with_route,
    without_route,
)

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("http://", "HTTPS:", "//", "/", "\\", "?", "#", "&", "=", "@", ":"),
                *("..", ".", "%2e", "%", "%41", "[::1]", ":80", "www.", "amp", ".amp"),
                *("utm_source=x", "example.com", "cid=3", "münchen.de", ";sid=1", " "),
                *("www.google.com/amp/s/", "a.cdn.ampproject.org/c/", "token=abc"),
                *("#!", "#/"),
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=14,
).map("".join)
ANYTHING = st.one_of(
    st.text(st.characters(exclude_categories=())),
    PIECES,
    PIECES.map("http://example.com/{}".format),
)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:443/a", "http://example.com:443/a"),
        ("http://example.com./a", "http://example.com/a"),
        ("http://me:pw@example.com/a#part", "http://example.com/a"),
        ("http://me:p@w@example.com/a", "http://example.com/a"),
        ("http://example.com/a/./b/../c/..", "http://example.com/a/"),
        ("http://example.com/%2e%2E/../a", "http://example.com/a"),
        (
            "http://example.com/%7Eme/%c3%a9 é%",
            "http://example.com/~me/%C3%A9%20%C3%A9%25",
        ),
        ("http://example.com/?q=%E9&r=a+b", "http://example.com/?q=%E9&r=a+b"),
        ("http://Bücher.example/ß", "http://xn--bcher-kva.example/%C3%9F"),
        ("http://пример。рф/", "http://xn--e1afmkfd.xn--p1ai/"),
        ("http://[::FFFF:1.2.3.4]:8080/", "http://[::ffff:102:304]:8080/"),
        ("  http://exa\nmple.com/a\t ", "http://example.com/a"),
        ("http:\\\\example.com\\a?b\\c", "http://example.com/a?b%5Cc"),
        ("http://example.com\\@evil.example/", "http://example.com/@evil.example/"),
        ("http://example.com/a?b=1&amp;c=2", "http://example.com/a?b=1&c=2"),
        ("http://example.com/a?", "http://example.com/a"),
        ("http://example.com/?20240610", "http://example.com/?20240610"),
        ("http://example.com/a;jsessionid=1A2B?x=1", "http://example.com/a?x=1"),
        ("http://snake_case.example.com/", "http://snake_case.example.com/"),
        ("http://localhost:8000/feed", "http://localhost:8000/feed"),
        ("http://example.com/app#!/a b/1", "http://example.com/app#!/a%20b/1"),
        ("http://example.com/#/a?id=1&utm_source=x", "http://example.com/#/a?id=1"),
        ("http://example.com/a#!/", "http://example.com/a"),
        ("http://example.com/a#:~:text=b", "http://example.com/a"),
        ("http://example.com/a#xtor=RSS-1", "http://example.com/a"),
    ],
)
def test_normalize_puts_in_order(given_url: str, expected: str) -> None:
    assert normalize(given_url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news",
        "//example.com/a",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "data:text/html,hello",
        "http://",
        "http:///a",
        "http://:80/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[::zz]/",
        "http://[1.2.3]/",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://example.com:a/",
        "http://exa mple.com/",
        "http://exa%00mple.com/",
        "http://exa<mple.com/",
        "http://" + "a" * 64 + ".com/",
        "http://\ud800.com/",
        "http://example.com/" + "a" * 9_000,
    ],
)
def test_what_cannot_be_fetched_has_no_normal_form(url: str) -> None:
    assert normalize(url) is None
    assert canonical(url) is None
    assert domain(url) is None
    assert resolve(None, url) is None


@pytest.mark.parametrize(
    "parameter",
    [
        *(
            "utm_source=rss",
            "UTM_Medium=x",
            "fbclid=a",
            "gclid=a",
            "msclkid=a",
            "_ga=1",
        ),
        *("mc_cid=a", "mc_eid=a", "xtor=RSS-1", "at_medium=rss", "at_campaign=x"),
        *("ns_mchannel=rss", "CMP=share", "cmpid=rss", "smid=tw", "ocid=x", "ref=rss"),
        *("source=rss", "wt.mc_id=x", "__twitter_impression=true", "PHPSESSID=1"),
        *("cid=external-feeds", "gaa_sig=x", "igshid=x", "pk_campaign=x", "%75tm_id=1"),
    ],
)
def test_trackers_go(parameter: str) -> None:
    expected = "http://example.com/a?id=1&page=2"
    assert normalize(f"http://example.com/a?id=1&{parameter}&page=2") == expected


@pytest.mark.parametrize(
    "parameter",
    [
        *("id=7", "p=7", "newsid=7", "cid=7", "eid=7", "gallery=7", "gameid=7", "b="),
        *(
            "reference=7",
            "refid=7",
            "keyword=peace",
            "mode=full",
            "20240610",
            "glossary=a",
        ),
    ],
)
def test_what_may_name_the_article_stays(parameter: str) -> None:
    url = f"http://example.com/a?{parameter}"
    assert normalize(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/news/world",
        "https://example.com/news/world",
        "https://www.example.com/news/world/",
        "http://example.com:443/news/world",
        "https://WWW.Example.com:443//news//world#top",
        "https://example.com/news/world?utm_campaign=x",
        "https://example.com/news/world/amp",
        "https://example.com/news/world/amp/",
        "https://www.example.com/amp/news/world",
        "https://amp.example.com/news/world",
        "https://example.com/news/world.amp",
        "https://example.com/news/world?amp",
        "https://example.com/news/world?outputType=amp",
        "https://www.google.com/amp/s/www.example.com/news/world",
        "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/world/amp",
    ],
)
def test_canonical_folds_the_faces_of_one_article(url: str) -> None:
    assert canonical(url) == "https://example.com/news/world"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/a", "http://example.com/A"),
        ("http://example.com/a?id=1", "http://example.com/a?id=2"),
        ("http://example.com/a?cid=1", "http://example.com/a?cid=2"),
        ("http://example.com/?1", "http://example.com/?2"),
        ("http://example.com/a", "http://m.example.com/a"),
        ("http://example.com/a", "http://example.com:8080/a"),
        ("http://example.com/guitar", "http://example.com/guitar-amp"),
        ("http://example.com/?a=%26", "http://example.com/?a=&"),
        ("http://example.com/#!route1", "http://example.com/#!route2"),
        ("http://example.com/app#/news/1", "http://example.com/app#/news/2"),
        ("http://example.com/app#!?id=1", "http://example.com/app#!?id=2"),
    ],
)
def test_canonical_keeps_articles_apart(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_a_route_survives_a_redirect_and_is_never_sent() -> None:
    assert with_route("https://b.example/", "http://a.example/#!x") == (
        "https://b.example/#!x"
    )
    assert with_route("https://b.example/#!y", "http://a.example/#!x") == (
        "https://b.example/#!y"
    )
    assert with_route("https://b.example/", "http://a.example/") == "https://b.example/"
    assert without_route("https://b.example/?q=1#!x") == "https://b.example/?q=1"


def test_canonical_sorts_parameters_and_keeps_repeats() -> None:
    assert (
        canonical("http://example.com/a?c=3&b=2&c=1")
        == "https://example.com/a?b=2&c=1&c=3"
    )


def test_canonical_never_reduces_a_host_to_its_suffix() -> None:
    assert canonical("http://www.com/a") == "https://www.com/a"
    assert canonical("http://www.co.uk/a") == "https://www.co.uk/a"
    assert canonical("http://amp.dev/a") == "https://amp.dev/a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.bbc.co.uk/x", "bbc.co.uk"),
        ("https://www.lemonde.fr/x", "lemonde.fr"),
        ("https://someone.blogspot.com/", "someone.blogspot.com"),
        ("https://новости.пример.рф/", "xn--e1afmkfd.xn--p1ai"),
        ("https://example.com:8443/", "example.com"),
        ("http://192.0.2.1/", None),
        ("http://[2001:db8::1]/", None),
        ("http://localhost/", None),
        ("http://wiki.internal/", None),
    ],
)
def test_domain(url: str, expected: str | None) -> None:
    assert domain(url) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("b?x=1#y", "https://example.com/dir/b?x=1"),
        ("/b?utm_source=rss", "https://example.com/b?utm_source=rss"),
        ("//other.example/b", "https://other.example/b"),
        ("http://me:pw@other.example/", "http://other.example/"),
        (" \n../b ", "https://example.com/b"),
        ("\\\\other.example\\b", "https://other.example/b"),
        ("mailto:a@example.com", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_resolve(link: str | None, expected: str | None) -> None:
    assert resolve("https://example.com/dir/a", link) == expected


@given(ANYTHING)
@example("http://example.com/amp/amp/.amp.amp/")
@example("http://www.www.amp.example.com/")
@example("HTTP://0/..AMP")
@example("http://example.com/a/.;SID=1")
@example("http://a.cdn.ampproject.org/c/s/www.google.com/amp/s/example.com/x/amp")
def test_one_application_is_enough(url: str) -> None:
    for function in (normalize, canonical):
        once = function(url)
        if once is not None:
            assert function(once) == once
            assert once.isascii()


@given(ANYTHING, ANYTHING)
def test_no_string_raises(one: str, other: str) -> None:
    joined = resolve(one, other)
    assert joined is None or joined.startswith(("http://", "https://"))
    assert domain(one) is None or "." in str(domain(one))


@given(ANYTHING)
def test_what_is_normal_has_an_identity(url: str) -> None:
    normal = normalize(url)
    assert (normal is None) == (canonical(url) is None)
    if normal is not None:
        assert canonical(normal) == canonical(url)
