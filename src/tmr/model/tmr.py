"""TMR: motions and sentences into one space; load_model and save_model."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from tmr.errors import ModelError
from tmr.model.batch import batches_by_length, pad, unit, windows
from tmr.model.card import tell_licence
from tmr.model.checkpoint import find_checkpoint, hash_checkpoint, is_ours, read_config, read_weights, write_checkpoint
from tmr.model.compact import CompactText, read_compact, remove_compact_of_another, write_compact
from tmr.model.config import ModelConfig
from tmr.model.device import find_device, telling_of_memory
from tmr.model.kimodo import read_kimodo
from tmr.model.known_words import read_known_words, unknown_words, write_known_words
from tmr.model.memory import MEMORY, CaptionMemory, read_memory, write_memory
from tmr.model.precision import Precision, wants_bfloat16
from tmr.model.text import COMPACT, TextBackbone, TextSide, check_texts, load_backbone, wants_compact
from tmr.model.text_reading import as_read
from tmr.model.transformer import Posterior, SequenceEncoder
from tmr.motion.features import FEATURES
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget

# Added to the variance where features are normalised, as the published statistics expect.
_NORMALISATION_EPSILON = 1e-5


class TMR(nn.Module):
    """Two encoders, for motion and for text, whose embeddings of like things point the same way.

    A new model has random weights and a normalisation that does nothing; `load_model` gives trained ones.

    Args:
        config: What it is built of.

    Attributes:
        compact: What `encode_text` asks instead of the text encoder and its language model, if it is there. It belongs
            to the weights that were loaded, so that it is gone once the model is put into training.
        memory: The captions that the weights learnt from, which `encode_text` asks too, if they are there; gone as well
            once the model is put into training.
        known_words: The families of the words that the weights learnt from (`tmr.model.known_words`); empty if nobody
            knows.

    Source:
        Petrovich, Black, Varol: TMR: Text-to-Motion Retrieval Using Contrastive 3D Human Motion Synthesis, ICCV 2023.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.features not in FEATURES:
            raise ModelError(f"no feature set {config.features!r}; there are {', '.join(FEATURES)}")
        self.config = config
        self.features = FEATURES[config.features]
        self.register_buffer("mean", torch.zeros(self.features.width))
        self.register_buffer("std", torch.ones(self.features.width))
        self.motion_encoder = SequenceEncoder(
            self.features.width,
            width=config.latent_dim,
            layers=config.motion_layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            dropout=config.dropout,
            activation=config.activation,
            vae=config.vae,
            max_tokens=config.max_motion_tokens,
            patch=config.patch_frames,
        )
        self.text_encoder = SequenceEncoder(
            config.text_width,
            width=config.latent_dim,
            layers=config.text_layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            dropout=config.dropout,
            activation=config.activation,
            vae=config.vae,
            max_tokens=config.max_text_tokens,
        )
        self._text_backbone: TextBackbone | None = None
        self.compact: CompactText | None = None
        self.memory: CaptionMemory | None = None
        self.known_words: frozenset[str] = frozenset()

    def train(self, mode: bool = True) -> "TMR":
        """Switch dropout on or off; a model that is trained on has no compact tower and no memory any more."""
        if mode:
            self.compact = self.memory = None
        return super().train(mode)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.mean.device

    @property
    def text_backbone(self) -> TextBackbone:
        """The language model, loaded when it is first asked for; another one of the same width can be assigned."""
        if self._text_backbone is None:
            self._text_backbone = load_backbone(self.config, device=self.device)
        return self._text_backbone

    @text_backbone.setter
    def text_backbone(self, backbone: TextBackbone) -> None:
        self._text_backbone = backbone

    @property
    def checkpoint_hash(self) -> str:
        """What tells this model from others; computed from the weights at each call, which takes some 50 ms."""
        weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in self.state_dict().items()}
        return hash_checkpoint(self.config, weights)

    def set_normalisation(self, mean: Float[Tensor, " feature"], std: Float[Tensor, " feature"]) -> None:
        """Set what is taken from each feature and what it is divided by, from training data."""
        self.mean.copy_(mean)
        self.std.copy_(std)

    def normalise(self, features: Float[Tensor, "batch frame feature"]) -> Float[Tensor, "batch frame feature"]:
        """Return canonical features as the motion encoder takes them: (x - mean) / sqrt(std² + 1e-5)."""
        scale = torch.rsqrt(self.std.square() + _NORMALISATION_EPSILON)
        return torch.addcmul(-self.mean * scale, features, scale)

    def motion_posterior(
        self, features: Float[Tensor, "batch frame feature"], mask: Bool[Tensor, "batch frame"]
    ) -> Posterior:
        """Return the posterior of canonical features that are not normalised yet; for training.

        Args:
            features: As `self.features.compute` returns them.
            mask: True for a motion's frames, which come first.
        """
        return self.motion_encoder(self.normalise(features), mask)

    def text_posterior(
        self, tokens: Float[Tensor, "batch token width"], mask: Bool[Tensor, "batch token"]
    ) -> Posterior:
        """Return the posterior of the backbone's vectors; for training."""
        return self.text_encoder(tokens, mask)

    def encode_motion(
        self,
        motions: Iterable[Motion],
        *,
        batch_size: int = 64,
        precision: Precision = "float32",
        as_is: bool = False,
    ) -> Float[np.ndarray, "motion width"]:
        """Return the embeddings of motions, float32 of length 1, in the order of the motions.

        A motion of another skeleton, proportions or frame rate is retargeted first. One that is longer than the
        encoder's window (`config.max_frames`, 10 s) is cut into windows of that length that overlap by half, and its
        embedding is their mean, scaled to length 1 again.

        Args:
            motions: Any number of them, of any length.
            batch_size: Most windows encoded at once; windows of like length go together.
            precision: `float32`; `bfloat16`, faster where the processor has it and right to 2 or 3 digits; or `auto`,
                which takes bfloat16 where the processor has it.
            as_is: Take a motion of SOMA-30 at 30 fps with the proportions that it has, as the reference does.

        Raises:
            ModelError: If these are not motions, or a motion gives no finite embedding.
            SkeletonError: If a motion cannot be retargeted.
            TMRError: If the memory of the device does not do.
        """
        if isinstance(motions, Motion):
            raise ModelError("expected a list of motions, got a single one; write [motion]")
        motions = list(motions)
        if strangers := [motion for motion in motions if not isinstance(motion, Motion)]:
            raise ModelError(f"expected motions, got a {type(strangers[0]).__name__}; read a file with read_motion")
        pieces: list[np.ndarray] = []
        owners: list[int] = []
        for owner, motion in enumerate(motions):
            is_soma = motion.skeleton.name == self.features.skeleton and motion.fps == self.config.fps
            joints = (motion if as_is and is_soma else retarget(motion)).joints
            for first, end in windows(len(joints), self.config.max_frames):
                pieces.append(joints[first:end])
                owners.append(owner)
        embedded = self._encode_pieces(pieces, batch_size, precision)
        total = np.zeros((len(motions), self.config.latent_dim), dtype=np.float32)
        np.add.at(total, owners, embedded)
        for owner, motion in enumerate(motions):
            if not np.isfinite(total[owner]).all():
                raise ModelError(
                    f"motion {owner} ({motion.name or 'unnamed'}) gives no finite embedding; are its joints in metres?"
                )
        return unit(total)

    def as_read(self, text: str) -> str:
        """Return a sentence as the model reads it: in the order of what is done, in words that it has learnt."""
        return as_read(text, self.config)

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a sentence that the model does not know, see `tmr.model.known_words`."""
        return unknown_words(self.as_read(text), self.known_words)

    def encode_text(self, texts: Iterable[str], *, batch_size: int = 256) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of sentences, float32 of length 1, in the order of the sentences.

        Args:
            texts: Any number of them. Of one of more than `config.max_text_tokens` tokens, some hundred words, the end
                is cut off; one without a letter or digit gets the embedding of no words.
            batch_size: Most sentences encoded at once.

        Raises:
            ModelError: If these are not strings, or the language model cannot be loaded.
            TMRError: If the memory of the device does not do.
        """
        texts = check_texts(texts)
        if self.compact is not None:
            return self.compact.encode_text(texts)
        result = np.empty((len(texts), self.config.latent_dim), dtype=np.float32)
        if not texts:
            return result
        with torch.inference_mode(), _evaluating(self), telling_of_memory(self.device):
            vectors = self.text_backbone.tokens(texts)
            for group in batches_by_length([len(vector) for vector in vectors], batch_size):
                tokens, mask = (
                    torch.from_numpy(array).to(self.device) for array in pad([vectors[text] for text in group])
                )
                result[group] = self.text_posterior(tokens, mask).mean.cpu().numpy()
        result = unit(result)
        return result if self.memory is None else self.memory.recall(texts, vectors, result)

    def _encode_pieces(
        self, pieces: Sequence[np.ndarray], batch_size: int, precision: Precision
    ) -> Float[np.ndarray, "window width"]:
        """Return unit embeddings of windows of SOMA-30 joints."""
        bfloat16 = wants_bfloat16(precision, self.device)
        result = np.empty((len(pieces), self.config.latent_dim), dtype=np.float32)
        with torch.inference_mode(), _evaluating(self), telling_of_memory(self.device):
            for group in batches_by_length([len(piece) for piece in pieces], batch_size):
                joints, mask = (torch.from_numpy(array).to(self.device) for array in pad([pieces[at] for at in group]))
                features = self.features.compute(joints, mask, self.config.fps)
                with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
                    mean = self.motion_posterior(features, mask).mean
                result[group] = mean.float().cpu().numpy()
        return unit(result)

    def save_pretrained(self, folder: str | Path, *, half: bool = False) -> None:
        """Write the model to a folder; see `save_model`."""
        save_model(self, folder, half=half)

    @classmethod
    def from_pretrained(
        cls, name_or_folder: str | Path | None = None, *, device: str | None = None, text: TextSide | None = None
    ) -> "TMR":
        """Return a trained model; see `load_model`."""
        return load_model(name_or_folder, device=device, text=text)

    def push_to_hub(
        self,
        repository: str,
        *,
        half: bool = False,
        private: bool = False,
        message: str = "Upload a TMR",
        token: str | None = None,
    ) -> str:
        """Write the model to a repository of the hub, made if missing, and return its address.

        Args:
            repository: `owner/name`.
            half: Store the weights in float16.
            private: Whether a new repository is private.
            message: What the change is called there.
            token: An access token; None takes the one of `hf auth login`.

        Raises:
            ModelError: If the hub refuses or does not answer.
        """
        from tmr.model.hub import upload

        return upload(
            repository,
            lambda folder: save_model(self, folder, half=half),
            private=private,
            message=message,
            token=token,
        )


def load_model(
    name_or_folder: str | Path | None = None,
    *,
    device: str | torch.device | None = None,
    text: TextSide | None = None,
) -> TMR:
    """Return a trained model, ready to encode.

    Args:
        name_or_folder: A model of the package by its name, `default` or `open`; a folder that `save_model` or the
            training wrote, a folder laid out like Kimodo's TMR (`config.yaml`, `motion_encoder`, `text_encoder`,
            `stats`), or a repository of the hub with either (`nvidia/TMR-SOMA-RP-v1`). None is `default`. Its licence
            is said once, on the logger `tmr.licence` (`tmr.model.card`).
        device: Where it computes; None is the first GPU that does, or the processor (`tmr.model.device`).
        text: What `encode_text` asks: `full` is the text encoder with its language model, `compact` the small tower
            that was distilled from them (`text_compact.safetensors`); None is the compact one where there is one.
            Motions, indexes and the checkpoint hash are the same for both.

    Raises:
        ModelError: If there is no such model, its files are not complete and exactly what the configuration asks for,
            or the device does not compute.
    """
    folder = find_checkpoint(name_or_folder)
    tell_licence(folder, name_or_folder)
    if is_ours(folder):
        config, weights = read_config(folder), read_weights(folder)
    else:
        config, weights = read_kimodo(folder)
    model = TMR(config)
    try:
        model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except RuntimeError as error:
        raise ModelError(f"the weights in {folder} do not fit their configuration: {error}") from error
    # The hash takes a while, and is asked for by a memory alone.
    if is_ours(folder) and (folder / MEMORY).is_file():
        model.memory = read_memory(folder, hash_checkpoint(config, weights))
    model.known_words = read_known_words(folder)
    if wants_compact(folder, text):
        model.compact = _compact_of(folder, model)
    device = find_device(device)
    try:
        return model.eval().to(device)
    except RuntimeError as error:
        raise ModelError(f"the model cannot be put on device {str(device)!r}: {error}") from error


def save_model(model: TMR, folder: str | Path, *, half: bool = False) -> None:
    """Write a model to a folder: `config.json`, `model.safetensors`, and what it has besides.

    That is its memory, the words that it knows, and its compact tower.

    A memory or compact tower of other weights in the folder is removed: it would answer for a model that is gone.

    Args:
        model: The model.
        folder: Where to; made if missing.
        half: Store the weights in float16, half the size.

    Raises:
        ModelError: If the folder cannot be written.
    """
    folder = Path(folder)
    weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in model.state_dict().items()}
    write_checkpoint(folder, model.config, weights, half=half)
    written = hash_checkpoint(model.config, read_weights(folder))
    remove_compact_of_another(folder, written)
    write_memory(folder, model.memory, written)
    write_known_words(folder, model.known_words)
    if model.compact is not None:
        write_compact(folder, model.compact.weights, written)


def _compact_of(folder: Path, model: TMR) -> CompactText:
    """Return the compact tower beside a model."""
    compact = read_compact(folder)
    if compact.checkpoint_hash != (own := model.checkpoint_hash):
        raise ModelError(
            f"{folder / COMPACT} was distilled from another model ({compact.checkpoint_hash[:12]}) than the one beside "
            f"it ({own[:12]}); distil it anew, remove it, or ask for the full text side (text='full')"
        )
    return compact


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Switch dropout off, and back to what it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
