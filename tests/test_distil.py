"""Distillation: the tower comes to say what its teacher says, the same from the same seed, and goes on after a kill."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from tmr.errors import DatasetError, ModelError
from tmr.model.batch import unit
from tmr.model.compact import CompactConfig, CompactText
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR
from tmr.motion.captions import swap_sides
from tmr.motion.dataset import Caption, ClipInfo
from tmr.training.distil import DistilConfig, Distillation, first_table, side_pairs
from tmr.training.distil_sentences import caption_sentences, distillation_sentences, motion_phrases
from tmr.training.distil_teacher import KeptBackbone, teacher_embeddings

WORDS = list(map(str, "a person walks runs waves jumps bows the left right hand foot fast slowly then and".split()))  # noqa: SIM905
VOCABULARY = ("[PAD]", "[UNK]", *WORDS, ".", ",")
TEXTS = [f"a person {verb} {how}" for verb in ("walks", "runs", "jumps", "bows") for how in ("fast", "slowly")]
TEXTS += [f"waves the {side} {part}" for side in ("left", "right") for part in ("hand", "foot")]
SMALL = CompactConfig(word_width=8, width=16, layers=1, heads=2, feed_forward=32, max_tokens=12)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread: a second one only waits for the first, in steps as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def teacher(texts: Sequence[str]) -> np.ndarray:
    """Return embeddings that depend on the words of a sentence."""
    meanings = np.random.default_rng(3).normal(size=(len(WORDS), 16)).astype(np.float32)
    return unit(np.stack([sum(meanings[WORDS.index(word)] for word in text.split()) for text in texts]))


def distillation(out: Path, *, steps: int = 40, seed: int = 0, sign: float = 1.0) -> Distillation:
    random = np.random.default_rng(1)
    config = DistilConfig(seed=seed, steps=steps, batch_size=8, learning_rate=5e-3, warmup_steps=2, save_every=10)
    return Distillation(
        out, SMALL, config, vocabulary=VOCABULARY, table=random.normal(size=(len(VOCABULARY), 8)).astype(np.float32),
        texts=TEXTS, targets=sign * teacher(TEXTS), bank=unit(random.normal(size=(30, 16)).astype(np.float32)),
    )  # fmt: skip


def agreement(run: Distillation) -> float:
    return float((CompactText(run.weights(), "").encode_text(TEXTS) * teacher(TEXTS)).sum(axis=1).mean())


def test_the_tower_comes_to_say_what_the_teacher_says(tmp_path: Path) -> None:
    run = distillation(tmp_path, steps=120)
    before = agreement(run)
    first = run.train_step()
    run.run(quiet=True)
    run.step = 0
    assert run.train_step() < 0.3 * first
    assert before < 0.5 < 0.85 < agreement(run)


def test_a_run_that_was_killed_goes_on_to_the_same_numbers(tmp_path: Path) -> None:
    whole, half = distillation(tmp_path / "whole"), distillation(tmp_path / "half")
    whole.run(quiet=True)
    for _ in range(10):
        half.train_step()
    half._save()
    for _ in range(5):
        half.train_step()  # of which nothing is kept
    again = distillation(tmp_path / "half")
    assert again.step == 10
    again.run(quiet=True)
    for name, weight in whole.tower.state_dict().items():
        assert torch.equal(weight, again.tower.state_dict()[name]), name
    other = distillation(tmp_path / "other", seed=1)
    other.run(quiet=True)
    assert not torch.equal(whole.tower.table, other.tower.table)


def test_a_folder_of_another_run_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    distillation(tmp_path).run(quiet=True)
    with pytest.raises(ModelError, match="another configuration"):
        distillation(tmp_path, steps=41)
    with pytest.raises(ModelError, match="another configuration"):
        distillation(tmp_path, sign=-1.0)  # another teacher
    (tmp_path / "state.pt").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="is not the state of this run"):
        distillation(tmp_path)


def test_sentences_without_their_embeddings_are_refused(tmp_path: Path) -> None:
    run = distillation(tmp_path / "right")
    with pytest.raises(DatasetError, match=r"0 sentences.*expected at least one"):
        Distillation(
            tmp_path, SMALL, run.config, vocabulary=VOCABULARY, table=np.zeros((len(VOCABULARY), 8), np.float32),
            texts=[], targets=np.zeros((0, 16), np.float32), bank=np.zeros((1, 16), np.float32),
        )  # fmt: skip


def test_pairs_are_sentences_of_other_sides() -> None:
    pairs, single = side_pairs(TEXTS)
    assert len(pairs) == 2
    assert all(swap_sides(TEXTS[one]) == TEXTS[two] for one, two in pairs)
    assert sorted([*single, *(place for pair in pairs for place in pair)]) == list(range(len(TEXTS)))


def test_the_first_table_keeps_what_words_have_in_common() -> None:
    random = np.random.default_rng(0)
    words = (random.normal(size=(50, 3)) @ random.normal(size=(3, 20)) + 5).astype(np.float32)
    table = first_table(words, 4)
    assert table.shape == (50, 4)
    assert first_table(words, 24).shape == (50, 24)
    centred = words - words.mean(axis=0)
    alike, kept = centred @ centred.T, table @ table.T
    np.testing.assert_allclose(kept / kept[0, 0], alike / alike[0, 0], atol=1e-3)


def test_what_is_held_out_is_not_learnt_not_even_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmr.training.distil_sentences.motion_phrases", lambda: ["bows deeply"])
    written = [(f"he does thing {number} left.", f"a man does thing {number} left") for number in range(150)]
    hidden = ["He does thing 4 right"]
    found = distillation_sentences(["a person bows"], written, hidden, ["walk", "walking", "##ing", "x1"], stride=1)
    learnt = {text.lower().rstrip(".") for text in found.training}
    assert set(found.held_out) == {*written[1], *written[100]}
    assert not {text.rstrip(".") for text in (*found.held_out, *map(swap_sides, found.held_out), *hidden)} & learnt
    assert "he does thing 4 left" not in learnt
    assert {"a person bows", "he does thing 7 left", "he does thing 7 right", "does thing 7 left"} <= learnt
    assert {"walk", "walking", "a person is walking"} <= learnt
    assert not {"##ing", "x1"} & learnt
    assert len(set(found.training)) == len(found.training)
    again = distillation_sentences(["a person bows"], written, hidden, ["walk", "walking", "##ing", "x1"], stride=1)
    assert again == found


def test_labels_are_written_out_and_phrases_are_plain() -> None:
    infos = [
        ClipInfo("b/1", "train", (), action="wave-left-hand", style="old"),
        ClipInfo("c/1", "train", (Caption("a man bows", 0.0, 1.0, "humanml3d"),)),
    ]
    found = caption_sentences(infos)
    assert {"a man bows", "a person waves with the left hand like an old person"} <= set(found)
    phrases = motion_phrases()
    assert {"a person pirouettes", "a person kicks with the left foot", "a person walks in a circle"} <= set(phrases)
    assert all(phrase.replace(" ", "").replace("-", "").isalpha() for phrase in phrases)


def test_numbers_and_paces_are_told_of_sentences_that_leave_them_open() -> None:
    deeds = ("walks", "bows", "kicks")
    captions = [f"a person {deed} {where}" for deed in deeds for where in ("ahead", "high", "here")]
    captions += ["a person bows twice", "a man walks slowly", "he sits, then stands"]
    lessons = distillation_sentences(captions, [], (), ())
    amounts = re.compile(r"(?:a row|pace|hurry|time|once)$|^(?:slow|quick)ly,")
    added = [text for text in lessons.training if amounts.search(text)]
    assert added
    assert all(any(caption in text for caption in captions[:9]) for text in added)


class CountingBackbone:
    """Word vectors from the letters, and how many texts were asked for."""

    width = 16
    asked = 0

    def tokens(self, texts: Sequence[str]) -> list[np.ndarray]:
        self.asked += len(texts)
        return [np.full((1 + len(text) % 3, 16), len(text) / 50, dtype=np.float32) for text in texts]


def small_teacher() -> tuple[TMR, CountingBackbone]:
    torch.manual_seed(0)
    config = ModelConfig(motion_layers=1, text_layers=1, latent_dim=16, feed_forward=32, heads=2, text_width=16)
    model, backbone = TMR(config).eval(), CountingBackbone()
    model.text_backbone = backbone
    return model, backbone


def test_what_the_language_model_says_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmr.training.distil_teacher.PART", 5)
    model, backbone = small_teacher()
    found = teacher_embeddings(model, TEXTS, tmp_path)
    assert backbone.asked == len(TEXTS)
    np.testing.assert_array_equal(teacher_embeddings(model, TEXTS, tmp_path, quiet=True), found)
    assert backbone.asked == len(TEXTS)
    assert model.text_backbone is backbone
    np.testing.assert_allclose(found, model.encode_text(TEXTS), atol=2e-3)


def test_a_damaged_cache_is_told(tmp_path: Path) -> None:
    kept = KeptBackbone(CountingBackbone(), "letters", tmp_path)
    kept.tokens(TEXTS)
    (part,) = tmp_path.glob("*.npz")
    part.write_bytes(part.read_bytes()[:50])
    with pytest.raises(DatasetError, match=r"cannot be read.*remove it"):
        kept.tokens(TEXTS)
