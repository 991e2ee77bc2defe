"""LLM2Vec: one vector a sentence from Meta-Llama-3-8B-Instruct made bidirectional, the text side of published
models."""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from tmr.errors import ModelError
from tmr.model.device import find_device
from tmr.model.hub import download
from tmr.model.text import check_texts, clean_text

BASE = "McGill-NLP/LLM2Vec-Meta-Llama-3-8B-Instruct-mntp"
ADAPTER = "McGill-NLP/LLM2Vec-Meta-Llama-3-8B-Instruct-mntp-supervised"

_BEFORE, _AFTER = "<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"
_LONGEST = 400  # tokens of a text, as in the reference
_DTYPES = ("bfloat16", "float16", "float32")


class LLM2Vec:
    """The mean over the hidden states of a text's tokens, and of the end of turn after it; one vector a text.

    Texts are encoded one by one: in a batch of low precision the vectors would depend on their neighbours.

    Args:
        base: Folder or hub name of a Llama, or of an adapter for one, which is merged into it.
        adapter: Folder or hub name of the adapter on top; None uses the base alone.
        dtype: `bfloat16`, what published models were trained with, `float16` or `float32`.
        device: Where it computes; None is the first GPU that does, or the processor (`tmr.model.device`).
        max_tokens: Longest text in tokens; whole words are cut off its end. At most 400.

    Raises:
        ModelError: If transformers or peft is not installed, the weights cannot be had or do not fit, or the device
            does not compute or has not the memory.

    Source:
        BehnamGhader et al.: LLM2Vec, 2024; the text encoder of Kimodo.
    """

    def __init__(
        self,
        base: str | Path = BASE,
        adapter: str | Path | None = ADAPTER,
        *,
        dtype: str = "bfloat16",
        device: str | torch.device | None = None,
        max_tokens: int = _LONGEST,
    ) -> None:
        if dtype not in _DTYPES:
            raise ModelError(f"LLM2Vec cannot run in {dtype!r}; expected one of {', '.join(_DTYPES)}")
        try:
            from peft import PeftModel  # noqa: F401 (asked for here, so that its lack is told before the download)
            from transformers import AutoTokenizer
        except ImportError as error:
            raise ModelError(
                f"the text side of this model needs transformers and peft ({error}); run: pip install 'tmr[llm2vec]'"
            ) from error
        folder = _fetch(base)
        adapters = [_fetch(adapter)] if adapter is not None else []
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
            model, adapters = _load_base(folder, adapters, getattr(torch, dtype))
            # Kept apart, not merged: in bfloat16 merging rounds the weights once more, which the reference does not do.
            for at, path in enumerate(adapters):
                model = _adapted(model, path)
                if at + 1 < len(adapters):
                    model = model.merge_and_unload()
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError(f"LLM2Vec cannot be loaded from {base} with {adapter}: {error}") from error
        device = find_device(device)
        try:
            self._model: Any = model.to(device).eval().requires_grad_(False)
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"LLM2Vec does not fit into the memory of device {str(device)!r}; give device='cpu', or hide the GPU "
                "from PyTorch: set CUDA_VISIBLE_DEVICES to -1"
            ) from error
        self._device = device
        self._max_tokens = min(max_tokens, _LONGEST)
        self.width: int = self._model.config.hidden_size
        self._check_that_it_looks_ahead()

    def tokens(self, texts: Sequence[str]) -> list[Float[np.ndarray, "1 width"]]:
        """Return one vector a text, in the order of the texts; float32."""
        return [self._vector(clean_text(text)) for text in check_texts(texts)]

    def _vector(self, text: str) -> Float[np.ndarray, "1 width"]:
        text = self._cut(text)
        ids = self._tokenizer(_BEFORE + text + _AFTER)["input_ids"]
        own = self._count(text + _AFTER)
        return self._hidden(ids)[-own:].mean(dim=0, keepdim=True).float().cpu().numpy()

    def _hidden(self, ids: Sequence[int]) -> torch.Tensor:
        with torch.inference_mode():
            batch = torch.tensor([ids], device=self._device)
            return self._model(input_ids=batch, attention_mask=torch.ones_like(batch)).last_hidden_state[0]

    def _count(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _cut(self, text: str) -> str:
        """Return the text without the words at its end that do not fit."""
        # No token spans more than one word, so there is no need to look at more words than tokens.
        words = text.split()[: self._max_tokens]
        while (count := self._count(" ".join(words))) > self._max_tokens:
            words = words[: int(len(words) * self._max_tokens / count)]
        return " ".join(words)

    def _check_that_it_looks_ahead(self) -> None:
        """Check that the first token sees the last one: causal attention would give plausible, wrong vectors."""
        first, *others = sorted(set(self._tokenizer(_BEFORE + _AFTER)["input_ids"]))
        if not others or torch.equal(self._hidden([first, first])[0], self._hidden([first, others[0]])[0]):
            raise ModelError(
                "LLM2Vec attends only backwards with this version of transformers; it must attend both ways"
            )


def _fetch(source: str | Path) -> Path:
    """Return the folder of a model or adapter, fetched from the hub if it is a name of it."""
    folder = Path(source)
    if folder.is_dir():
        return folder
    return download(str(source), files=("*.json", "*.safetensors"))


def _load_base(folder: Path, adapters: list[Path], dtype: torch.dtype) -> tuple[Any, list[Path]]:
    """Return the bidirectional Llama and the adapters to put on it; a base that is an adapter itself is the first."""
    from transformers import AutoConfig, AutoModel

    settings = folder / "adapter_config.json"
    if settings.is_file():
        llama = json.loads(settings.read_text(encoding="utf-8"))["base_model_name_or_path"]
        adapters, folder = [folder, *adapters], _fetch(llama)
    config = AutoConfig.from_pretrained(folder)
    if config.model_type != "llama":
        raise ModelError(f"{folder} is a {config.model_type!r} model; LLM2Vec here takes a Llama")
    config.is_causal = False
    model = AutoModel.from_pretrained(folder, config=config, dtype=dtype)
    # Without padding there is no mask, and then a layer's own flag counts, unless the configuration is handed down.
    for layer in model.layers:
        layer.self_attn.is_causal = False
    return model, adapters


def _adapted(model: Any, folder: Path) -> Any:
    """Return the model with an adapter on it, every weight of which found its place."""
    from peft import PeftModel
    from peft.utils import load_peft_weights

    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Found missing adapter keys")
        # peft asks transformers under a name that is going away; the user can do nothing about it.
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
        try:
            adapted = PeftModel.from_pretrained(model, str(folder), autocast_adapter_dtype=False)
        except UserWarning as error:
            raise ModelError(f"the adapter in {folder} lacks weights: {str(error)[:200]}") from error
    stored = len(load_peft_weights(str(folder), device="cpu"))
    placed = sum(".default." in name for name, _ in adapted.named_parameters())
    if stored != placed:
        raise ModelError(f"the adapter in {folder} has {stored} weights, of which {placed} fit this Llama")
    return adapted
