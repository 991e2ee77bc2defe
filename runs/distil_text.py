"""Distil the compact text tower of a model, and put it beside the model.

    python runs/distil_text.py --model FOLDER --data PACKS --out RUN [--cache FOLDER] [--steps N] [--stride N]

Teacher: the folder's full text side. Sentences: the captions of the packs' training clips, the written sentences of the
clips without motion (`*_captions.jsonl.gz`) that no caption of validation or test is said of, the procedural library's,
with their sides swapped, short queries, pairs, slips of the keyboard, and words that no caption has. What the language
model says of them is kept in the cache, so that the next teacher is quick. A run that was stopped goes on.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from tmr.model.compact import CompactConfig, write_compact
from tmr.model.minilm import find_folder
from tmr.model.tmr import TMR, load_model
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip, prepare, select
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.distil import DistilConfig, Distillation, first_table
from tmr.training.distil_sentences import read_lessons
from tmr.training.distil_teacher import teacher_embeddings
from tmr.training.recipes import TrainConfig

VALIDATION_SUBJECTS = TrainConfig("").validation_subjects
LANDMARKS = 2000
LANDMARK_SECONDS = 10.0


def language_model() -> tuple[list[str], np.ndarray]:
    """Return the pieces of words of MiniLM, and the vector that each goes in with."""
    folder = find_folder()
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        vectors = file.get_tensor("embeddings.word_embeddings.weight").astype(np.float32)
    return (folder / "vocab.txt").read_text(encoding="utf-8").split(), vectors


def landmarks(teacher: TMR, clips: list[PreparedClip], seed: int) -> np.ndarray:
    """Return the teacher's embeddings of motions of `train`: of long takes, a part drawn at random."""
    random = np.random.default_rng([seed, 9])
    known = [clip for clip in select(clips, "train") if clip.info.subject not in VALIDATION_SUBJECTS]
    # Packs in turn, as far as they have clips: one that repeats sixty motions forty times should not fill the bank.
    by_pack: dict[str, list[PreparedClip]] = {}
    for place in random.permutation(len(known)):
        by_pack.setdefault(known[place].info.pack, []).append(known[place])
    share = LANDMARKS // max(len(by_pack), 1)
    skeleton = built_in_skeleton("somaskel30")
    motions = []
    for of_pack in by_pack.values():
        for number in range(share):
            joints = of_pack[number % len(of_pack)].joints
            length = min(len(joints), int(30 * random.uniform(2.0, LANDMARK_SECONDS)))
            first = int(random.integers(len(joints) - length + 1))
            motions.append(Motion(joints[first : first + length], 30.0, skeleton))
    return teacher.encode_motion(motions)


def main() -> None:
    """Distil, and write the tower beside its model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the teacher; the tower is put there")
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--cache", type=Path, help="keeps retargeted packs and what the language model says")
    parser.add_argument("--steps", type=int, default=DistilConfig.steps)
    parser.add_argument("--batch-size", type=int, default=DistilConfig.batch_size)
    parser.add_argument("--learning-rate", type=float, default=DistilConfig.learning_rate)
    parser.add_argument("--layers", type=int, default=CompactConfig.layers)
    parser.add_argument("--word-width", type=int, default=CompactConfig.word_width)
    parser.add_argument("--stride", type=int, default=3, help="every so-manieth clip gives whole sentences")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="of PyTorch")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    cache = options.cache or options.out / "cache"
    teacher = load_model(options.model, device="cpu", text="full")
    vocabulary, vectors = language_model()
    lessons = read_lessons(options.data, vocabulary, VALIDATION_SUBJECTS, stride=options.stride, seed=options.seed)
    run = Distillation(
        options.out,
        CompactConfig(
            word_width=options.word_width,
            width=teacher.config.latent_dim,
            layers=options.layers,
            text_order=teacher.config.text_order,
            learnt_words=teacher.config.learnt_words,
        ),
        DistilConfig(
            seed=options.seed,
            steps=options.steps,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
        ),
        vocabulary=vocabulary,
        table=first_table(vectors, options.word_width),
        texts=lessons.training,
        targets=teacher_embeddings(teacher, lessons.training, cache),
        bank=landmarks(teacher, prepare(options.data, cache), options.seed),
    )
    run.run()
    print(write_compact(options.model, run.weights(), teacher.checkpoint_hash))


if __name__ == "__main__":
    main()
