"""LLM2Vec on a tiny random Llama with a tiny adapter: which tokens count, that attention goes both ways, errors."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tmr.errors import ModelError
from tmr.model.llm2vec import LLM2Vec

# peft asks transformers under a name that is going away.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")]

WORDS = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<unk>", "user", "a", "person"]
WORDS += ["walks", "jumps", ".", "A", "waves"]


def write_adapter(base: Path, folder: Path, seed: int) -> Path:
    """Write a random adapter for the Llama in `base`."""
    import peft
    import transformers

    torch.manual_seed(seed)
    model = transformers.AutoModel.from_pretrained(base)
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.3)
    adapted.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A Llama of two layers with a tokenizer of whole words, and two adapters."""
    import tokenizers
    import transformers

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.WhitespaceSplit(), tokenizers.pre_tokenizers.Punctuation()]
    )
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        "<|begin_of_text|> $A", special_tokens=[(WORDS[0], 0)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=WORDS[0], eos_token=WORDS[3], additional_special_tokens=WORDS[1:4]
    )
    fast.save_pretrained(folder / "llama")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(WORDS), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512,
    )  # fmt: skip
    transformers.LlamaModel(config).save_pretrained(folder / "llama")
    mntp = write_adapter(folder / "llama", folder / "mntp", 1)
    fast.save_pretrained(mntp)
    return folder / "llama", mntp, write_adapter(folder / "llama", folder / "supervised", 2)


def test_vector_is_the_mean_over_the_text_and_the_end_of_turn(tiny: tuple[Path, Path, Path]) -> None:
    llama, _, _ = tiny
    encoder = LLM2Vec(llama, None, dtype="float32")
    (vector,) = encoder.tokens(["a person walks"])
    ids = [0, 1, 5, 2, 11, 7, 8, 10, 3]  # begin, header, user, header, "A person walks.", end of turn
    hidden = reference_hidden(llama, ids)
    np.testing.assert_allclose(vector, hidden[4:].mean(axis=0, keepdims=True), atol=1e-5)
    assert vector.shape == (1, 32)
    assert vector.dtype == np.float32


def reference_hidden(llama: Path, ids: list[int], padding: int = 0) -> np.ndarray:
    """Return hidden states under a mask that is written out, with eager attention, padded on the left."""
    import transformers

    model = transformers.LlamaModel.from_pretrained(llama, attn_implementation="eager").eval()
    padded = torch.tensor([[3] * padding + ids])
    blocked = torch.zeros(1, 1, padded.shape[1], padded.shape[1])
    blocked[..., :padding] = torch.finfo(torch.float32).min
    with torch.inference_mode():
        places = torch.arange(padded.shape[1])[None]
        out = model(input_ids=padded, attention_mask=blocked, position_ids=places)
    return out.last_hidden_state[0, padding:].numpy()


def test_attention_goes_both_ways(tiny: tuple[Path, Path, Path]) -> None:
    llama, _, _ = tiny
    encoder = LLM2Vec(llama, None, dtype="float32")
    first, second = encoder._hidden([5, 6, 7]), encoder._hidden([5, 6, 8])
    assert not torch.allclose(first[0], second[0])
    np.testing.assert_allclose(first.numpy(), reference_hidden(llama, [5, 6, 7]), atol=1e-5)


def test_a_model_that_only_looks_back_is_refused(
    tiny: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tmr.model.llm2vec as module

    def causal(folder: Path, adapters: list[Path], dtype: torch.dtype) -> tuple:
        import transformers

        return transformers.AutoModel.from_pretrained(folder), adapters

    monkeypatch.setattr(module, "_load_base", causal)
    with pytest.raises(ModelError, match="both ways"):
        LLM2Vec(tiny[0], None, dtype="float32")


def test_padding_on_the_left_would_not_change_the_vectors(tiny: tuple[Path, Path, Path]) -> None:
    ids = [0, 1, 5, 2, 11, 7, 8, 10, 3]
    np.testing.assert_allclose(reference_hidden(tiny[0], ids), reference_hidden(tiny[0], ids, padding=5), atol=1e-5)


def test_neighbours_in_the_list_do_not_matter(tiny: tuple[Path, Path, Path]) -> None:
    encoder = LLM2Vec(tiny[0], None, dtype="float32")
    texts = ["a person walks", "jumps", "", "a person waves and a person jumps"]
    together = encoder.tokens(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_array_equal(encoder.tokens([text])[0], vector)
    assert encoder.tokens([]) == []


def test_base_adapter_is_merged_and_the_other_put_on_top(tiny: tuple[Path, Path, Path]) -> None:
    llama, mntp, supervised = tiny
    settings = json.loads((mntp / "adapter_config.json").read_text())
    assert Path(settings["base_model_name_or_path"]) == llama
    vectors = {
        name: LLM2Vec(base, adapter, dtype="float32").tokens(["a person walks"])[0]
        for name, base, adapter in (("llama", llama, None), ("mntp", mntp, None), ("both", mntp, supervised))
    }
    assert np.abs(vectors["llama"] - vectors["mntp"]).max() > 1e-3
    assert np.abs(vectors["both"] - vectors["mntp"]).max() > 1e-3
    np.testing.assert_allclose(vectors["both"], both_merged_by_hand(llama, [mntp, supervised]), atol=1e-4)


def both_merged_by_hand(llama: Path, adapters: list[Path]) -> np.ndarray:
    """Add the adapters' matrices to the Llama's by hand: W + B A · alpha / r."""
    import safetensors.torch
    import transformers

    model = transformers.LlamaModel.from_pretrained(llama, attn_implementation="eager").eval()
    weights = model.state_dict()
    for folder in adapters:
        settings = json.loads((folder / "adapter_config.json").read_text())
        stored = safetensors.torch.load_file(folder / "adapter_model.safetensors")
        for name in (name for name in stored if "lora_A" in name):
            target = name.removeprefix("base_model.model.").replace("lora_A.", "")
            delta = stored[name.replace("lora_A", "lora_B")] @ stored[name]
            weights[target] += delta * settings["lora_alpha"] / settings["r"]
    ids = torch.tensor([[0, 1, 5, 2, 11, 7, 8, 10, 3]])
    with torch.inference_mode():
        out = model(input_ids=ids, attention_mask=torch.zeros(1, 1, 9, 9))
    return out.last_hidden_state[0, 4:].mean(dim=0, keepdim=True).numpy()


def test_adapter_whose_weights_do_not_fit_is_refused(tiny: tuple[Path, Path, Path], tmp_path: Path) -> None:
    import safetensors.torch

    llama, _, supervised = tiny
    (tmp_path / "adapter_config.json").write_text((supervised / "adapter_config.json").read_text())
    stored = safetensors.torch.load_file(supervised / "adapter_model.safetensors")
    renamed = {name.replace("layers.1", "layers.7"): tensor for name, tensor in stored.items()}
    safetensors.torch.save_file(renamed, tmp_path / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="adapter"):
        LLM2Vec(llama, tmp_path, dtype="float32")


def test_long_texts_are_cut_at_whole_words(tiny: tuple[Path, Path, Path]) -> None:
    encoder = LLM2Vec(tiny[0], None, dtype="float32", max_tokens=4)
    assert encoder._cut("a person walks a person walks.") == "a person walks a"
    assert encoder._cut("walks.................") == ""
    np.testing.assert_array_equal(encoder.tokens(["a person " * 5000])[0], encoder.tokens(["a person " * 9])[0])


def test_bfloat16_is_close_to_float32(tiny: tuple[Path, Path, Path]) -> None:
    _, mntp, supervised = tiny
    exact = LLM2Vec(mntp, supervised, dtype="float32").tokens(["a person walks"])[0][0]
    short = LLM2Vec(mntp, supervised).tokens(["a person walks"])[0][0]
    assert exact @ short / np.linalg.norm(exact) / np.linalg.norm(short) > 0.999


def test_missing_extra_and_bad_arguments_say_what_to_do(
    tiny: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="expected one of bfloat16"):
        LLM2Vec(tiny[0], None, dtype="int8")
    with pytest.raises(ModelError, match="cannot be loaded"):
        LLM2Vec(tmp_path, None)
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ModelError, match=r"tmr\[llm2vec\]"):
        LLM2Vec(tiny[0], None)


def test_a_device_without_the_memory_is_told_with_what_to_do(
    tiny: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: torch.nn.Module, device: torch.device) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 112.00 MiB")

    monkeypatch.setattr(torch.nn.Module, "to", full)
    with pytest.raises(ModelError, match=r"does not fit into the memory of device 'cpu'; .*CUDA_VISIBLE_DEVICES to -1"):
        LLM2Vec(tiny[0], None)
