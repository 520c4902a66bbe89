"""spaCy models in folders: what is none is reported, and one is read whatever it shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from transforms.enrich.entities import EntityOptions
from transforms.enrich.models.choice import missing
from transforms.enrich.models.spacy_model import SpacyModel
from transforms.enrich.naming.spans import Span
from transforms.vocabulary import EntityType

PER, LOC = EntityType.PER, EntityType.LOC
CONFIG = '[nlp]\nlang = "xx"\npipeline = ["ner"]\n'
RECOGNISER = "[components.ner]\n[components.ner.model]\nhidden_width = 64\n"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (b"no configuration", "config.cfg: this is no configuration of a spaCy model"),
        (b"\xff\xfe[nlp]", "config.cfg: this is no configuration of a spaCy model"),
        (
            CONFIG.encode(),
            "config.cfg: this spaCy model has no entity recogniser (ner)",
        ),
        (f"{CONFIG}{RECOGNISER}".encode(), "ner/model: no such file"),
    ],
)
def test_a_folder_that_is_no_model_is_reported_before_a_run(
    tmp_path: Path, config: bytes, told: str
) -> None:
    (tmp_path / "config.cfg").write_bytes(config)
    assert missing(str(tmp_path)) == f"{tmp_path}/{told}"
    with pytest.raises(ValueError, match=tmp_path.name):
        EntityOptions(models={"de": str(tmp_path)})


def test_a_folder_with_a_recogniser_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "config.cfg").write_text(f"{CONFIG}{RECOGNISER}")
    (tmp_path / "ner").mkdir()
    (tmp_path / "ner" / "model").touch()
    assert missing(str(tmp_path)) is None


SENTENCE = "Ada met Bob in Lyon."
NAMES = (Span(0, 3, PER), Span(8, 11, PER), Span(15, 19, LOC))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model that knows one sentence, its encoder in another part."""
    spacy = pytest.importorskip("spacy")
    training = pytest.importorskip("spacy.training")
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 16,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 96},
    }
    nlp.add_pipe("ner", config={"model": model})
    labels = {PER: "PERSON", LOC: "GPE"}
    entities = [(name.start, name.end, labels[name.type]) for name in NAMES]
    told = training.Example.from_dict(nlp.make_doc(SENTENCE), {"entities": entities})
    nlp.initialize(lambda: [told])
    for _ in range(30):
        nlp.update([told])
    folder = tmp_path_factory.mktemp("spacy") / "model"
    nlp.to_disk(folder)
    return folder


def moved(offset: int) -> list[Span]:
    return [Span(name.start + offset, name.end + offset, name.type) for name in NAMES]


@pytest.mark.slow
def test_a_recogniser_that_listens_to_an_encoder_finds_names(shared: Path) -> None:
    assert missing(str(shared)) is None
    assert SpacyModel(str(shared)).find([SENTENCE]) == [list(NAMES)]


@pytest.mark.slow
@pytest.mark.parametrize("between", ["\n", "\n\n", " ", ""])
def test_names_are_at_their_places_however_a_text_is_cut(
    shared: Path, between: str
) -> None:
    # Letters without a space, longer than what a model is given at once.
    head = "x" * 20_000 + between
    (found,) = SpacyModel(str(shared)).find([f"{head}{SENTENCE}"])
    assert [one for one in found if one.start >= len(head)] == moved(len(head))


@pytest.mark.slow
def test_texts_of_many_lines_are_cut_between_them(shared: Path) -> None:
    (found,) = SpacyModel(str(shared)).find([f"{SENTENCE}\n" * 60])
    length = len(SENTENCE) + 1
    assert found == [one for line in range(60) for one in moved(line * length)]
