"""Small run folders for the tests of the report, written by what writes the real ones."""

from pathlib import Path

import numpy as np

from fake_encoder import direction, numbered_motion
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.embeddings import read_embeddings
from tmr.evaluation.result import LeftOut, Measure, Result, Table
from tmr.evaluation.retrieval_files import write_embeddings, write_played
from tmr.evaluation.retrieval_result import embed_gallery, gallery_of_embeddings, measure_retrieval

SCRIPT = "</script><script>document.title = 'broken in'</script>"
HASH = "a" * 64


class NoisyEncoder:
    """Finds motion 7 by "number 7", the less surely the more noise there is."""

    def __init__(self, noise: float) -> None:
        self.noise = noise

    def encode_motion(self, motions):
        return np.array([direction(int(motion.name.split()[1])) for motion in motions])

    def encode_text(self, texts):
        random = np.random.default_rng(0)
        noise = [random.normal(size=256) / 16 for _ in texts]
        clear = [direction(int(text.split()[1])) for text in texts]
        return np.array([one + self.noise * other for one, other in zip(clear, noise, strict=True)], dtype=np.float32)


def captioned(count: int, first_caption: str = "") -> list[CaptionedMotion]:
    """Figures that drift, each with its number as caption; a text may be added to the first."""
    items = []
    for number in range(count):
        motion = numbered_motion(number, seconds=1, drift=0.8)
        text = f"number {number} {first_caption if number == 0 else ''}".strip()
        items.append(CaptionedMotion(motion.name, motion, (text,), {"source": "walks" if number % 2 else "runs"}))
    return items


def write_run(
    folder: Path, *, noise: float = 3.0, count: int = 40, models: tuple[str, ...] = ("small",), caption: str = ""
) -> Path:
    """Write a run of `tmr evaluate retrieval`, with a motion left out and a note."""
    folder.mkdir(parents=True, exist_ok=True)
    encoders = {name: NoisyEncoder(noise + number) for number, name in enumerate(models)}
    embedded = embed_gallery(encoders, captioned(count, caption))
    result = measure_retrieval(
        embedded, hashes=dict.fromkeys(models, HASH), data={"source": "walks"}, protocols=("all", "small_batches")
    )
    left_out = (LeftOut("broken.bvh", "frame 3 is NaN <b>"),)
    Result(result.kind, result.models, result.data, result.tables, left_out, ("few & small",)).write(
        folder / "retrieval.json"
    )
    write_embeddings(embedded, folder / "retrieval.npz")
    write_played(embedded, folder / "played.npz")
    return folder


def write_embedding_run(folder: Path, **given: np.ndarray) -> Path:
    """Write a run of `--embeddings`: 80 texts of 40 motions; the texts of motion 3 find it last."""
    folder.mkdir(parents=True)
    motion = np.random.default_rng(0).normal(size=(40, 8))
    text = np.repeat(motion, 2, axis=0)
    text[6:8] *= -1
    np.savez(folder / "theirs.npz", text=text, motion=motion, owner=np.repeat(np.arange(40), 2), **given)
    embedded = gallery_of_embeddings(read_embeddings(folder / "theirs.npz"), "theirs", captions="first")
    measure_retrieval(embedded, hashes={"theirs": HASH}, data={"source": "theirs.npz"}, protocols=("all",)).write(
        folder / "retrieval.json"
    )
    write_embeddings(embedded, folder / "retrieval.npz")
    return folder


def write_probes(folder: Path, accuracy: float = 0.9) -> Path:
    """Write a result of another kind, without embeddings."""
    rows = {"left": {"side_accuracy": Measure(accuracy, accuracy - 0.05, accuracy + 0.05, count=60)}}
    table = Table("sides", "Left or right", {"clips": 60, "chance": "50 %"}, rows)
    Result("probes", {"small": HASH}, {"clips": 60}, (table,)).write(folder / "probes.json")
    return folder
