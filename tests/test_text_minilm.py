"""MiniLM in NumPy: the vectors of transformers' BertModel, batches, where its weights come from."""

import hashlib
import importlib.util
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tmr.model.minilm as module
from tmr.errors import ModelError
from tmr.model.checkpoint import find_checkpoint
from tmr.model.digest import check_digest
from tmr.model.hub import download
from tmr.model.minilm import MiniLM

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(module.PACKAGE) is None,
    reason=f"the package {module.PACKAGE}, which carries the weights, is not installed",
)

# [CLS], "person" and [SEP] of "A person walks.", three numbers of each, from transformers' BertModel.
KNOWN = [[-0.1024, -0.0855, 0.1487], [-0.4285, -0.3361, -0.0663], [-0.0331, -0.1117, -0.0444]]

TEXTS = [
    "A person walks forward, then turns left.",
    "jumps",
    "A person walks forward and then turns left.",
    "",
    "Someone waves with the left hand (twice) — and é bows 走 down.",
    "the man " * 60,
]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    """The backbone."""
    return MiniLM()


@pytest.mark.slow
def test_vectors_are_those_of_transformers(minilm: MiniLM) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    from tmr.model.text import clean_text

    folder = module.find_folder()
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    for text, vectors in zip(TEXTS, minilm.tokens(TEXTS), strict=True):
        encoded = tokenizer(clean_text(text), return_tensors="pt", truncation=True, max_length=128)
        with torch.inference_mode():
            expected = model(**encoded).last_hidden_state[0].numpy()
        np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_known_vectors(minilm: MiniLM) -> None:
    """A few numbers that transformers' BertModel gave, so that this is checked without it."""
    (vectors,) = minilm.tokens(["a person walks"])
    assert vectors.shape == (6, 384)  # [CLS] a person walks . [SEP]
    np.testing.assert_allclose(vectors[[0, 2, 5], :3], KNOWN, atol=1e-4)


def test_a_batch_gives_what_each_gives_alone(minilm: MiniLM) -> None:
    together = minilm.tokens(TEXTS * 2)
    for text, vectors in zip(TEXTS * 2, together, strict=True):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(minilm.tokens([text])[0], vectors, atol=1e-5)
    assert minilm.tokens([]) == []


def test_texts_are_cleaned_and_cut(minilm: MiniLM) -> None:
    first, second = minilm.tokens(["  A PERSON walks", "a person walks."])
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert len(minilm.tokens(["walks " * 100_000])[0]) == 128
    assert len(MiniLM(max_tokens=9).tokens(["walks " * 50])[0]) == 9


def test_other_weights_are_refused(tmp_path: Path) -> None:
    for name in module.FILES:
        shutil.copy(module.find_folder() / name, tmp_path / name)
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0\1\2")
    with pytest.raises(ModelError, match="is not the published file: its SHA-256 is"):
        MiniLM(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    with pytest.raises(ModelError, match=r"lacks vocab\.txt"):
        MiniLM(tmp_path)


def test_a_right_file_is_remembered_and_a_changed_one_is_not(tmp_path: Path) -> None:
    path, memory = tmp_path / "weights", tmp_path / "cache" / "digests.json"
    path.write_bytes(b"right")
    digest = hashlib.sha256(b"right").hexdigest()
    check_digest(path, digest, memory=memory)
    assert list(json.loads(memory.read_text()).values()) == [digest]
    memory.write_text(memory.read_text().replace(digest, "0" * 64))
    check_digest(path, "0" * 64, memory=memory)  # believed, not read again
    path.write_bytes(b"wrong!")
    with pytest.raises(ModelError, match="not the published file"):
        check_digest(path, digest, memory=memory)


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b"{"])
def test_a_broken_memory_is_no_error(tmp_path: Path, content: bytes) -> None:
    path, memory = tmp_path / "weights", tmp_path / "digests.json"
    path.write_bytes(b"right")
    memory.write_bytes(content)
    check_digest(path, hashlib.sha256(b"right").hexdigest(), memory=memory)
    assert len(json.loads(memory.read_text())) == 1


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"right")
    check_digest(tmp_path / "file", hashlib.sha256(b"right").hexdigest(), memory=tmp_path / "file" / "digests.json")
    with pytest.raises(ModelError, match="cannot be read"):
        check_digest(tmp_path / "none", "0" * 64, memory=None)


def test_without_package_cache_and_network_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked = []

    def offline(repository: str, *, allow_patterns: list[str], local_files_only: bool = False) -> str:
        asked.append((repository, local_files_only))
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"cannot be fetched.*connect to the network, or give a folder"):
        MiniLM()
    assert asked == [(module.REPOSITORY, True), (module.REPOSITORY, False)]


def test_a_complete_cache_asks_nothing_of_the_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    asked = []

    def cached(repository: str, *, allow_patterns: list[str], local_files_only: bool = False) -> str:
        asked.append(local_files_only)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", cached)
    (tmp_path / "model.safetensors").touch()
    assert download("a/b", files=["*.safetensors"]) == tmp_path
    assert asked == [True]
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"w": "part-2.safetensors"}}')
    download("a/b", files=["*.safetensors"])
    assert asked == [True, True, False]


OURS = ("config.json", "model.safetensors")
KIMODO = (
    "tmr/config.yaml",
    "tmr/motion_encoder.pt",
    "tmr/text_encoder.pt",
    *(f"tmr/stats/motion/{part}/{name}.npy" for part in ("global_root", "body") for name in ("mean", "std")),
)


@pytest.mark.parametrize("names", [OURS, KIMODO])
def test_a_whole_checkpoint_in_the_cache_asks_nothing_of_the_network(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub

    asked = []

    def cached(repository: str, *, allow_patterns: list[str], local_files_only: bool = False) -> str:
        asked.append(local_files_only)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", cached)
    for name in names:
        assert find_checkpoint("someone/model") == tmp_path
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    # Every part was missed until the last was there.
    assert asked == [True, False] * len(names)
    find_checkpoint("someone/model")
    assert asked[-1] is True


@pytest.mark.parametrize("kind", ["gated", "unknown", "refused"])
def test_what_the_hub_refuses_is_explained(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    response = SimpleNamespace(headers={}, request=None, status_code=403)
    error, message = {
        "gated": (errors.GatedRepoError("gated", response=response), "accept its terms at https://huggingface.co/a/b"),
        "unknown": (errors.RepositoryNotFoundError("404", response=response), "check the name"),
        "refused": (ConnectionError("refused"), "refused"),
    }[kind]

    def refuse(repository: str, *, allow_patterns: list[str], local_files_only: bool = False) -> str:
        raise errors.LocalEntryNotFoundError("none") if local_files_only else error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(ModelError, match=message):
        download("a/b", files=["*.json"])
