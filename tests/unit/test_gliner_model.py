"""GLiNER's contract, with a real ONNX graph and tokenizer small enough to be foreseen.

The graph has a score for a word that begins, and one for a word that ends, a name of
each label; a span's score is the sum of both.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer
from transforms.enrich.models.choice import load_model, missing, model_for
from transforms.enrich.models.gliner_model import GlinerModel, problem
from transforms.enrich.naming.spans import Span
from transforms.vocabulary import EntityType

PER, ORG, LOC, MISC = EntityType.PER, EntityType.ORG, EntityType.LOC, EntityType.MISC

LABELS = ("person", "organization", "location", "event", "product")
_NAMES = {
    "ada": "person",
    "lovelace": "person",
    "acme": "organization",
    "lyon": "location",
    "expo": "event",
    "zür": "location",
}
_SCORES = {"ada": (2, 0), "lovelace": (0, 4)}
"""Beginning and end, where they differ: the two belong together."""
# "zürich" is two subwords, of which the first one stands for the word.
_SUBWORDS = ["##ich", "in", "met", ".", "and", "-", "a", "the"]
_WIDTH = 3


def _tokenizer(folder: Path) -> dict[str, int]:
    words = ["[PAD]", "[UNK]", *LABELS, *_NAMES, *_SUBWORDS]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]")  # noqa: S106 - a marker
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(
        [
            AddedToken("<<ENT>>", normalized=False),
            AddedToken("<<SEP>>", normalized=False),
        ]
    )
    # Published tokenizers cut and pad by themselves: that must be switched off.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer.get_vocab()


def _graph(folder: Path, vocabulary: dict[str, int]) -> None:
    """Write a graph with GLiNER's inputs and output.

    ``words_mask`` tells which subword stands for each word, ``span_idx`` the first and
    the last word of each span; both are looked up in tables of scores and added.
    """
    first, last = (
        np.full((max(vocabulary.values()) + 1, len(LABELS)), -8, np.float32)
        for _ in range(2)
    )
    for name, label in _NAMES.items():
        at = vocabulary[name], LABELS.index(label)
        first[at], last[at] = _SCORES.get(name, (2, 2))
    # What the second subword of a word says must not count.
    first[vocabulary["##ich"]] = last[vocabulary["##ich"]] = 99
    tables = {"first": first, "last": last}
    nodes = [
        # Where in the sequence does word n stand?  One-hot of words_mask over n.
        helper.make_node("Squeeze", ["text_lengths"], ["length"]),
        helper.make_node("Add", ["length", "one"], ["stop"]),
        helper.make_node("Range", ["one", "stop", "one"], ["numbers"]),
        helper.make_node("Unsqueeze", ["numbers", "axis_1"], ["column"]),
        helper.make_node("Equal", ["words_mask", "column"], ["is_word"]),
        helper.make_node("Cast", ["is_word"], ["one_hot"], to=TensorProto.FLOAT),
        # Spans past the end of the text become its first word.
        helper.make_node("Cast", ["span_mask"], ["valid"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["valid", "axis_2"], ["valid_3"]),
        helper.make_node("Mul", ["span_idx", "valid_3"], ["spans_3"]),
        helper.make_node("Squeeze", ["spans_3", "axis_0"], ["spans"]),
    ]
    for place, edge in enumerate(tables):
        nodes += [
            helper.make_node("Gather", [edge, "input_ids"], [f"{edge}_3"]),
            helper.make_node("Squeeze", [f"{edge}_3", "axis_0"], [f"{edge}_ids"]),
            helper.make_node("MatMul", ["one_hot", f"{edge}_ids"], [f"{edge}_words"]),
            helper.make_node(
                "Gather", ["spans", f"at_{place}"], [f"{edge}_at"], axis=1
            ),
            helper.make_node(
                "Gather", [f"{edge}_words", f"{edge}_at"], [f"{edge}_spans"]
            ),
        ]
    nodes += [
        helper.make_node("Add", ["first_spans", "last_spans"], ["sums"]),
        helper.make_node("Reshape", ["sums", "shape"], ["logits"]),
    ]
    constants = [
        *(numpy_helper.from_array(table, edge) for edge, table in tables.items()),
        numpy_helper.from_array(np.array(1, np.int64), "one"),
        *(
            numpy_helper.from_array(np.array([axis], np.int64), f"axis_{axis}")
            for axis in range(3)
        ),
        *(
            numpy_helper.from_array(np.array(place, np.int64), f"at_{place}")
            for place in range(2)
        ),
        numpy_helper.from_array(np.array([1, -1, _WIDTH, len(LABELS)]), "shape"),
    ]
    integer = TensorProto.INT64
    graph = helper.make_graph(
        nodes,
        "gliner",
        [
            helper.make_tensor_value_info("input_ids", integer, ["b", "t"]),
            helper.make_tensor_value_info("attention_mask", integer, ["b", "t"]),
            helper.make_tensor_value_info("words_mask", integer, ["b", "t"]),
            helper.make_tensor_value_info("text_lengths", integer, ["b", 1]),
            helper.make_tensor_value_info("span_idx", integer, ["b", "s", 2]),
            helper.make_tensor_value_info("span_mask", TensorProto.BOOL, ["b", "s"]),
        ],
        [
            helper.make_tensor_value_info(
                "logits", TensorProto.FLOAT, ["b", "w", "k", "c"]
            )
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / "model.onnx"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny-gliner"
    folder.mkdir()
    _graph(folder, _tokenizer(folder))
    (folder / "gliner_config.json").write_text(
        json.dumps(
            {
                "max_len": 8,
                "max_width": _WIDTH,
                "ent_token": "<<ENT>>",
                "sep_token": "<<SEP>>",
                "span_mode": "markerV0",
                "words_splitter_type": "whitespace",
            }
        )
    )
    return folder


def named(model: GlinerModel, text: str) -> list[tuple[str, EntityType]]:
    (found,) = model.find([text])
    return [(text[span.start : span.end], span.type) for span in found]


def test_names_have_their_types_and_offsets(folder: Path) -> None:
    model = GlinerModel(str(folder))
    text = "Ada met Acme in Lyon-\n the Expo"
    assert named(model, text) == [
        ("Ada", PER),
        ("Acme", ORG),
        ("Lyon", LOC),
        ("Expo", MISC),
    ]
    assert re.fullmatch(r"tiny-gliner/[0-9a-f]{8}", model.name)


def test_the_likeliest_span_wins_over_those_inside_it(folder: Path) -> None:
    assert named(GlinerModel(str(folder)), "the Ada Lovelace.") == [
        ("Ada Lovelace", PER)
    ]


def test_a_word_of_two_subwords_counts_once(folder: Path) -> None:
    text = "Zürich and Zürich and Acme"
    assert named(GlinerModel(str(folder)), text) == [
        ("Zürich", LOC),
        ("Zürich", LOC),
        ("Acme", ORG),
    ]


def test_long_texts_are_read_in_windows_that_end_with_a_sentence(folder: Path) -> None:
    model = GlinerModel(str(folder))
    # A window has eight words: the full stop is the sixth, Ada the eighth.
    text = "a a a a a. a Ada Lovelace a a a in Lyon" + " a" * 50 + " Acme"
    assert named(model, text) == [
        ("Ada Lovelace", PER),
        ("Lyon", LOC),
        ("Acme", ORG),
    ]
    # Without a sentence to end with, the cut goes through the name.
    text = "a a a a a a a Ada Lovelace"
    assert named(model, text) == [("Ada", PER), ("Lovelace", PER)]


def test_texts_without_names_or_words(folder: Path) -> None:
    model = GlinerModel(str(folder))
    assert model.find(["", " \n", "the a", "Lyon"]) == [[], [], [], [Span(0, 4, LOC)]]


# Of Wu, nobody wrote down what its days and the parts of the world are called.
@pytest.mark.parametrize("language", ["xh", "wuu"])
def test_any_language_that_is_not_named_is_served(folder: Path, language: str) -> None:
    models = {"*": str(folder), "fr": "newsbeam"}
    assert model_for("xh", models) == model_for("de", models) == str(folder)
    assert model_for("fr", models) == "newsbeam"
    assert model_for("xh", {**models, "xh": ""}) is None
    entities, name = find_entities(
        title="Zürich",
        text="Ada Lovelace met Acme in Lyon.",
        language=language,
        options=EntityOptions(models=models),
        gazetteer=load_gazetteer(),
    )
    assert name == load_model(str(folder)).name
    assert {(entity.name, entity.type) for entity in entities} == {
        ("Ada Lovelace", PER),
        ("Acme", ORG),
        ("Lyon", LOC),
        ("Zürich", LOC),
    }


def test_a_graph_may_be_chosen_by_its_file(folder: Path) -> None:
    below = folder / "onnx"
    below.mkdir()
    (folder / "model.onnx").rename(below / "model_int8.onnx")
    assert "no file" in (problem(str(folder)) or "")
    assert missing(str(below / "model_int8.onnx")) is None
    (below / "model_int8.onnx").rename(below / "model.onnx")
    assert missing(str(folder)) is None


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("model.onnx", None, "no file"),
        ("model.onnx", b"\x08\x09 cut off", "model.onnx"),
        ("tokenizer.json", None, "tokenizer.json"),
        ("tokenizer.json", b"{}", "tokenizer.json"),
        ("gliner_config.json", b"[", "gliner_config.json"),
        ("gliner_config.json", b"[]", "should be an object"),
        (
            "gliner_config.json",
            b'{"words_splitter_type": "jieba"}',
            "words_splitter_type",
        ),
        ("gliner_config.json", b'{"max_len": "many"}', "max_len"),
    ],
)
def test_a_broken_folder_is_reported_in_one_line(
    folder: Path, file: str, content: bytes | None, told: str
) -> None:
    path = folder / file
    path.unlink() if content is None else path.write_bytes(content)
    message = missing(str(folder))
    assert message is not None
    assert told in message
    assert "\n" not in message
    with pytest.raises(ValueError, match="tiny-gliner"):
        EntityOptions(models={"de": str(folder)})


def test_what_a_chosen_file_needs_beside_it_is_reported(folder: Path) -> None:
    (folder / "gliner_config.json").unlink()
    message = missing(str(folder / "model.onnx"))
    assert message == f"{folder / 'gliner_config.json'}: No such file or directory"


@pytest.mark.parametrize(
    ("package", "told"),
    [
        ("onnxruntime", "GLiNER needs pip install 'newsbeam[gliner]'"),
        ("spacy", "spaCy models need pip install 'newsbeam[spacy]'"),
    ],
)
def test_a_package_that_is_not_installed_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, package: str, told: str
) -> None:
    # As Python has a module that cannot be found.
    monkeypatch.setitem(sys.modules, package, None)
    name = str(folder) if package == "onnxruntime" else "de_core_news_xl"
    assert missing(name) == f"{name}: {told}"


def test_another_kind_of_graph_is_refused(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    for value in model.graph.input:
        if value.name == "span_idx":
            value.name = "labels_embeds"
    for node in model.graph.node:
        node.input[:] = [
            "labels_embeds" if name == "span_idx" else name for name in node.input
        ]
    onnx.save(model, str(folder / "model.onnx"))
    assert "labels_embeds" in (missing(str(folder)) or "")
