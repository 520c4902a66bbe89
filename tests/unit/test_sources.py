"""Whose article it is: by the table of sources, one's feeds, a country's own domain."""

from __future__ import annotations

import pytest

from transforms.listings import Subscription
from transforms.sources import Source, Sources, SourceSettings, country_of


@pytest.mark.parametrize(
    ("host", "country"),
    [
        ("lemonde.fr", "FR"),
        ("www.bbc.co.uk", "GB"),
        ("clarin.com.ar", "AR"),
        ("nhk.or.jp", "JP"),
        ("news.example", None),
        ("example.com", None),
        ("europa.eu", None),
        ("example.gb", None),
        ("localhost", None),
        ("", None),
        *(
            (f"a.{last}", None)
            for last in "io tv ai co me fm cc ws ly to tk su".split()
        ),
    ],
)
def test_a_country_has_a_domain_of_its_own(host: str, country: str | None) -> None:
    assert country_of(host) == country


SETTINGS = {
    "lemonde.fr": SourceSettings(name="Le Monde"),
    "www.eltiempo.com": SourceSettings(name="El Tiempo", country="CO"),
}
FEEDS = [
    Subscription("https://rss.nytimes.example/home.xml", "The Times", "US"),
    Subscription("https://rss.nytimes.example/world.xml", "The Times: World", "US"),
    Subscription("https://one.blogs.example/feed", "One", "CL"),
    Subscription("https://www.lemonde.fr/rss", "lemonde.fr", "BE"),
    Subscription("https://bare.example/feed"),
]


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://www.lemonde.fr/a", Source("Le Monde", "BE")),
        ("https://sport.lemonde.fr/a", Source("Le Monde", "BE")),
        ("https://www.eltiempo.com/a", Source("El Tiempo", "CO")),
        ("https://noteltiempo.com/a", Source()),
        # Two names for one host: neither.
        ("https://www.nytimes.example/a", Source(None, "US")),
        # A host of many publications says nothing of the others on it.
        ("https://one.blogs.example/a", Source("One", "CL")),
        ("https://two.blogs.example/a", Source()),
        ("https://bare.example/a", Source()),
        ("https://www.lefigaro.fr/a", Source(None, "FR")),
        ("https://192.0.2.1/a", Source()),
        (None, Source()),
    ],
)
def test_the_first_that_knows_it_decides(url: str | None, source: Source) -> None:
    assert Sources.of(SETTINGS, FEEDS).find(url) == source
