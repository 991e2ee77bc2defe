"""The development measures: captioned segments and sides of real clips, for choosing and describing a checkpoint."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.errors import DatasetError
from tmr.evaluation.bootstrap import bootstrap_interval
from tmr.evaluation.retrieval import hit_chances, small_batches_recall
from tmr.motion.captions import captions_from_labels, side_words, swap_sides
from tmr.motion.motion import Motion
from tmr.motion.prepare import PreparedClip
from tmr.motion.skeleton import built_in_skeleton

# A sentence about what the subject did over all trials says little of one segment, but the segment is still an item.
CAPTION_KINDS = (
    "caption", "humanml3d", "kitml", "babel", "seed", "babel_sequence", "cmu_trial", "cmu_subject"
)  # fmt: skip


@runtime_checkable
class Encoder(Protocol):
    """What the measures need of a model."""

    def encode_motion(self, motions: Sequence[Motion]) -> Float[np.ndarray, "item 256"]: ...
    def encode_text(self, texts: Sequence[str]) -> Float[np.ndarray, "item 256"]: ...


def captioned_segments(clips: Sequence[PreparedClip], kinds: Sequence[str] = CAPTION_KINDS) -> list[tuple[Motion, str]]:
    """Return each distinct captioned segment of the clips (clip, first frame, last frame), with its first caption.

    Args:
        clips: With their captions.
        kinds: Which captions count, the most exact kind first: a segment's first caption is of the first kind it has.
    """
    return [(motion, texts[0]) for motion, texts in segments_with_captions(clips, kinds)]


def segments_with_captions(
    clips: Sequence[PreparedClip], kinds: Sequence[str] = CAPTION_KINDS
) -> list[tuple[Motion, list[str]]]:
    """Return what `captioned_segments` does, each segment with all its captions, the most exact kind first.

    Annotators round the same end differently, 3.46 s and 3.458 s: the same frames twice in a gallery would be two items
    that nothing can tell apart, of which only one is right.
    """
    skeleton = built_in_skeleton("somaskel30")
    segments = []
    for clip in clips:
        spans: dict[tuple[int, int], list[str]] = {}
        known = [caption for caption in clip.info.captions if caption.kind in kinds]
        take = Motion(clip.joints, 30.0, skeleton, name=clip.info.id)
        for caption in sorted(known, key=lambda caption: kinds.index(caption.kind)):
            frames = take.frames_between(caption.start_seconds, caption.end_seconds)
            spans.setdefault(frames, []).append(caption.text)
        segments += [(replace(take, joints=take.joints[first:last]), texts) for (first, last), texts in spans.items()]
    return segments


def measure_segments(model: Encoder, segments: Sequence[tuple[Motion, str]], *, seed: int = 0) -> dict[str, float]:
    """Return text-to-motion recall over the segments, where only the segment itself is right.

    Returns:
        `num_items`, `recall_at_1` … `recall_at_10`, `recall_at_10_low` and `_high` (95 % bootstrap over queries),
        `small_batches_recall_at_3` (batches of 32, 20 draws), `motion_to_text_recall_at_10`; all as fractions.

    Raises:
        DatasetError: If there are no segments.
    """
    if not segments:
        raise DatasetError("there are no captioned segments to measure on; give clips with captions")
    motions, texts = zip(*segments, strict=True)
    similarity = model.encode_text(texts) @ model.encode_motion(motions).T
    own = np.eye(len(segments), dtype=bool)
    result: dict[str, float] = {"num_items": len(segments)}
    for k in (1, 2, 3, 5, 10):
        result[f"recall_at_{k}"] = float(hit_chances(similarity, own, k).mean())
    low, high = bootstrap_interval(hit_chances(similarity, own, 10), seed=seed)
    result |= {"recall_at_10_low": low, "recall_at_10_high": high}
    result["motion_to_text_recall_at_10"] = float(hit_chances(similarity.T, own, 10).mean())
    if len(segments) >= 32:
        result["small_batches_recall_at_3"] = small_batches_recall(similarity, 3, seed=seed)[0]
    return result


def measure_sides(model: Encoder, clips: Sequence[PreparedClip]) -> dict[str, float]:
    """Return how often a labelled clip is nearer to its caption than to the caption with the sides swapped.

    Returns:
        `num_items` and `side_accuracy`, a fraction; an exact tie counts as half.

    Raises:
        DatasetError: If no clip's label names a side.
    """
    skeleton = built_in_skeleton("somaskel30")
    sided = [clip for clip in clips if side_words(clip.info.action)]
    if not sided:
        raise DatasetError("no clip has a label that names a side; give clips whose action says left or right")
    texts = [captions_from_labels(clip.info.action, "")[0][0] for clip in sided]
    motions = model.encode_motion([Motion(clip.joints, 30.0, skeleton, name=clip.info.id) for clip in sided])
    right = (motions * model.encode_text(texts)).sum(axis=1)
    wrong = (motions * model.encode_text([swap_sides(text) for text in texts])).sum(axis=1)
    return {"num_items": len(sided), "side_accuracy": float(((right > wrong) + 0.5 * (right == wrong)).mean())}
