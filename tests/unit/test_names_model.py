"""The name model: its files, its pieces, what it is given and what it finds."""

from __future__ import annotations

import importlib.resources
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kit import ROOT

from transforms.enrich.names.capitals import spelt_out
from transforms.enrich.names.decoding import LABELS, log_probabilities, names
from transforms.enrich.names.languages import quality_of
from transforms.enrich.names.model import FAST, OWN, NameModel, packaged, vocabulary
from transforms.enrich.names.passages import choose
from transforms.enrich.names.pieces import END, START, UNKNOWN, Pieces
from transforms.enrich.names.runtime import onnx_runtime
from transforms.vocabulary import EntityType

PER, ORG, LOC, MISC = EntityType

SENTENCES = [
    ("Angela Merkel besuchte die Firma Siemens in München.", "PER ORG LOC"),
    ("Emmanuel Macron a rencontré Olaf Scholz à Berlin.", "PER PER LOC"),
    ("Pedro Sánchez viajó a Bogotá con Telefónica.", "PER LOC ORG"),
    ("Владимир Путин прилетел в Пекин.", "PER LOC"),
    ("习近平在北京会见了王毅。", "PER LOC PER"),
    ("岸田文雄首相は東京で会談した。", "PER LOC"),
    ("زار محمد صلاح مدينة ليفربول.", "PER LOC"),
]


@pytest.fixture(scope="module")
def model() -> NameModel:
    return NameModel(OWN)


def read(model: NameModel, text: str) -> list[tuple[str, EntityType]]:
    (found,) = model.find([text])
    return [(text[span.start : span.end], span.type) for span in found]


@pytest.mark.parametrize("size", [OWN, FAST])
@pytest.mark.parametrize(("text", "types"), SENTENCES)
def test_names_in_many_languages(size: str, text: str, types: str) -> None:
    found = read(NameModel(size), text)
    assert [kind.value for _, kind in found] == types.split()


def test_the_model_says_which_it_is(model: NameModel) -> None:
    assert model.name == "newsbeam-names-base/1+41308b18"
    assert NameModel(FAST).name == "newsbeam-names-fast/1+c90de4ab"


def test_scores_tell_how_sure_the_model_is(model: NameModel) -> None:
    ((span,),) = model.find(["Angela Merkel sprach."])
    assert 0.9 < span.score <= 1


@pytest.mark.parametrize("content", [b"something else", None])
def test_a_file_that_is_not_ours_is_refused(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "names"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "model.onnx").write_bytes(content)
    monkeypatch.setattr(importlib.resources, "files", lambda _package: tmp_path)
    with pytest.raises(ValueError, match="install newsbeam again") as raised:
        packaged("model.onnx")
    assert str(folder / "model.onnx") in str(raised.value)


def test_texts_without_names(model: NameModel) -> None:
    assert model.find([]) == []
    assert model.find(["", " \n", "!", "nothing here is named"]) == [[], [], [], []]


def test_a_long_text_has_its_names_to_the_end(model: NameModel) -> None:
    text = "They met Angela Merkel, " * 300 + "and went to Berlin."
    found = read(model, text)
    assert found.count(("Angela Merkel", PER)) == 300
    assert found[-1] == ("Berlin", LOC)


@pytest.mark.parametrize("size", [OWN, FAST])
def test_no_answer_depends_on_the_other_texts(size: str) -> None:
    texts = [text for text, _ in SENTENCES]
    # Long ones in passages, and one that has as many pieces as another.
    texts += [" ".join(texts), texts[0] * 9, texts[0].replace("Merkel", "Müller")]
    model = NameModel(size)
    assert model.find(texts) == [model.find([text])[0] for text in texts]


def test_words_that_name_nothing_leave_before_the_last_layers() -> None:
    """What has left is surely no name; what is one, and what stands beside it, stays."""
    text = "Yesterday the old men who were there said that Emmanuel Macron had left."
    pieces = vocabulary().read(text)
    session = onnx_runtime().InferenceSession(packaged("model.onnx"))
    ids = np.array([[START, *(piece.id for piece in pieces), END]], np.int64)
    ((_, *words, _),) = session.run(["logits"], {"ids": ids})[0]
    said = log_probabilities(np.array(words))
    has_left = [(word[1:] == 0).all() for word in words]
    left = {
        text[piece.start : piece.end]
        for piece, is_out in zip(pieces, has_left, strict=True)
        if is_out
    }
    assert {"men", "were", "there", "said"} <= left
    assert not left & {"that", "Emmanuel", "Macron", "had"}
    assert (said[has_left, 0] > -1e-9).all()


# --- pieces -------------------------------------------------------------------------

SMALL = Pieces(
    ["<pad>", "<unk>", "<s>", "</s>", "▁", "▁ab", "a", "b", "c", "bc", "'", "é", "東"],
    [0, 0, 0, 0, -3.0, -4.0, -5.0, -5.0, -5.0, -6.0, -2.0, -4.0, -4.0],
)


def spelt(text: str) -> list[tuple[str, int]]:
    return [(text[p.start : p.end], p.unit_end) for p in SMALL.read(text)]


def test_the_best_pieces_of_a_word_are_taken() -> None:
    # ▁ab c scores -9, ▁ a bc -14; one of a word's pieces speaks for all of it.
    assert spelt("abc abc") == [("ab", 3), ("c", 0), ("ab", 7), ("c", 0)]


def test_words_that_touch_have_no_space_before_them() -> None:
    assert [p.id for p in SMALL.read("ab'ab")] == [5, 10, 6, 7]


def test_unknown_neighbours_are_one_piece() -> None:
    assert [(p.id, p.start, p.end) for p in SMALL.read("xyz")] == [(UNKNOWN, 0, 3)]


def test_offsets_are_those_of_the_text_before_it_was_normalised() -> None:
    # Two code points of the text are one of the vocabulary, and the reverse.
    assert spelt("ce\u0301 c") == [("c", 3), ("e\u0301", 0), ("c", 5)]
    text = "ﬁn Ｂerlin"
    pieces = vocabulary().read(text)
    assert [text[p.start : p.unit_end] for p in pieces if p.unit_end] == text.split()


def test_every_character_of_scripts_without_spaces_is_a_word() -> None:
    assert [piece.unit_end for piece in SMALL.read("東東")] == [1, 2]
    assert all(piece.unit_end == piece.end for piece in vocabulary().read("กรุงเทพ"))


# --- passages -----------------------------------------------------------------------


def given(text: str) -> str:
    """Return what of a text the model is given."""
    words = vocabulary()
    chosen = choose(0, text, words.read(text), words)
    return " ".join(
        "".join(text[piece.start : piece.end] for piece in passage.pieces)
        for passage in chosen.passages
    )


def test_a_sentence_without_a_capital_holds_no_name() -> None:
    text = "It rained for days. The roof of Ada fell in. And then I went home."
    assert given(text) == "TheroofofAdafellin."
    assert given("it was nothing of note.") == ""


def test_a_first_word_may_be_a_name() -> None:
    # Starmer is no common word; Smith is one, and a name elsewhere in the text.
    assert given("Starmer said so.") == "Starmersaidso."
    assert given("Rain said so. We met Rain.") == "Rainsaidso.WemetRain."
    assert given("NATO said so.") == "NATOsaidso."


def test_scripts_without_capitals_are_given_whole() -> None:
    for text in ("他走了。", "ذهب إلى البيت.", "वह घर गया।"):
        assert given(text) == text.replace(" ", "")


def test_a_sentence_is_given_once_and_its_names_are_everywhere(
    model: NameModel,
) -> None:
    text = "Macron came. Merkel left. Macron came.\n\nMacron came."
    assert given(text) == "Macroncame.Merkelleft."
    assert read(model, text) == [
        ("Macron", PER),
        ("Merkel", PER),
        ("Macron", PER),
        ("Macron", PER),
    ]


def test_no_sentence_ends_with_an_abbreviation() -> None:
    assert given("it was said by M. Poutine today.") == "itwassaidbyM.Poutinetoday."


def test_a_stop_before_a_small_letter_ends_no_sentence() -> None:
    assert given("He ran 2 km. away from Ada.") == "Heran2km.awayfromAda."
    assert given("He ran 2 km. Then away. We met Ada.") == "WemetAda."


def test_a_long_sentence_begins_a_passage_and_a_long_word_is_cut() -> None:
    words = vocabulary()

    def passages(text: str) -> list[list[str]]:
        chosen = choose(0, text, words.read(text), words).passages
        return [[text[p.start : p.end] for p in one.pieces] for one in chosen]

    short, long = (f"Ada met Bob{' and Berlin' * count}." for count in (10, 58))
    assert ["".join(one) for one in passages(f"{short} {long}")] == [
        short.replace(" ", ""),
        long.replace(" ", ""),
    ]
    word = "Qxz" * 200
    found = passages(f"{word} left.")
    assert "".join(piece for one in found for piece in one) == f"{word}left."
    assert [len(one) for one in found[:-1]] == [130] * (len(found) - 1)


def test_passages_are_no_longer_than_the_model_takes() -> None:
    text = "Ada met Bob and " * 200
    words = vocabulary()
    chosen = choose(0, text, words.read(text), words).passages
    assert all(len(passage.pieces) <= 180 for passage in chosen)
    assert sum(len(passage.pieces) for passage in chosen) == len(words.read(text))


# --- decoding -----------------------------------------------------------------------


def answer(*words: dict[str, float]) -> np.ndarray:
    logits = np.full((len(words), len(LABELS)), -9.0, np.float32)
    for row, word in enumerate(words):
        for label, value in word.items():
            logits[row, LABELS.index(label)] = value
    return log_probabilities(logits)


def test_a_name_goes_on_only_where_one_began() -> None:
    # The second word alone would be I-ORG, after a person it goes on with the person.
    words = answer({"B-PER": 5}, {"I-ORG": 3, "I-PER": 2.9}, {"O": 9})
    ((first, last, kind, score),) = names(words)
    assert (first, last, kind) == (0, 1, PER)
    assert 0.5 < score < 1


def test_neighbours_may_be_two_names() -> None:
    words = answer({"O": 9}, {"B-PER": 5}, {"B-PER": 5}, {"O": 9}, {"B-LOC": 5})
    assert [name[:3] for name in names(words)] == [
        (1, 1, PER),
        (2, 2, PER),
        (4, 4, LOC),
    ]
    assert list(names(answer({"O": 20.0}))) == []


# --- capitals -----------------------------------------------------------------------


def test_a_headline_in_capitals_is_written_as_the_article_writes_it() -> None:
    article = "On Monday Donald Trump met NATO leaders in Paris."
    assert (
        spelt_out("TRUMP MEETS NATO LEADERS IN PARIS", article)
        == "Trump Meets NATO leaders in Paris"
    )


def test_the_length_stays_and_other_lines_too() -> None:
    text = "İSTANBUL'DA STRASSE\nAda met NATO."
    spelt = spelt_out(text, "")
    assert len(spelt) == len(text)
    assert spelt.endswith("\nAda met NATO.")
    assert spelt_out("NATO", "") == "NATO"
    assert spelt_out("USA EU", "") == "USA EU"


def test_names_in_a_headline_in_capitals_are_found(model: NameModel) -> None:
    headline = "ANGELA MERKEL BESUCHT PARIS"
    assert read(model, spelt_out(headline, "")) == [
        ("Angela Merkel", PER),
        ("Paris", LOC),
    ]


def test_quality_is_of_the_language_alone() -> None:
    assert quality_of("pt-BR") == quality_of("PT") == "measured"
    assert quality_of("ta") is None


def test_no_name_goes_on_behind_what_was_not_read(model: NameModel) -> None:
    text = (
        "Par Rose-Marie Loubaki\n\nElles sont les deux capitales les plus proches du "
        "monde, ou presque, et rien ne les relie que des pirogues et un bac souvent en "
        "panne. Kinshasa et Brazzaville auront un jour leur pont.\n\nAngela\n\nMerkel"
    )
    found = [name for name, _ in read(model, text)]
    assert "Rose-Marie Loubaki" in found
    assert all(len(name) < 30 and "\n" not in name for name in found)


def test_breaks_part_names() -> None:
    words = answer({"B-PER": 9.0}, {"I-PER": 9.0}, {"I-PER": 9.0, "B-PER": 8.0})
    assert [name[:2] for name in names(words)] == [(0, 2)]
    assert [name[:2] for name in names(words, [2])] == [(0, 1), (2, 2)]


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    code = (
        "from transforms.enrich.names.runtime import onnx_runtime\n"
        "onnx_runtime()\n"
        "import os\n"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ORT_")}
    subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"TMPDIR": str(tmp_path)},
        check=True,
    )
    # Where it reports, it begins with a file that names the session.
    assert not list(tmp_path.iterdir())


def test_the_runtime_is_loaded_in_one_place() -> None:
    loaders = [
        path.name
        for path in (ROOT / "transforms").rglob("*.py")
        if re.search(r"^\s*(?:import|from) onnxruntime", path.read_text(), re.MULTILINE)
    ]
    assert loaders == ["runtime.py"]
