"""Foot contacts: what a generator says of its feet, in the file of a motion."""

import numpy as np

from tmr.errors import MotionFileError
from tmr.evaluation.quality import contacts_of
from tmr.motion.formats.loading import ArrayArchive
from tmr.motion.motion import Motion

_KEY = "foot_contacts"


def read_contacts(archive: ArrayArchive) -> np.ndarray | None:
    """Return the foot contacts of a file, (frames, 4) or (frames, 6) as `four_contacts` takes them; None without any.

    Raises:
        MotionFileError: If they cannot be read, or are no finite numbers.
    """
    if _KEY not in archive:
        return None
    contacts = single(archive.read(_KEY), 2)
    if contacts.dtype.kind not in "fiub" or not np.isfinite(contacts).all():
        raise MotionFileError(
            f"{archive.path}: {_KEY} holds {contacts.dtype} that are not all finite; expected 0 and 1"
        )
    return contacts


def contacts_at(contacts: np.ndarray, source: Motion, motion: Motion) -> np.ndarray:
    """Return the contacts that are told of a motion's frames at the frames of the same motion resampled.

    Args:
        contacts: As `four_contacts` takes them, one a frame of `source`.
        source: The motion as the file has it.
        motion: The same at another frame rate.

    Raises:
        SkeletonError: If they are no contacts of this motion.
    """
    told = contacts_of(contacts, source.num_frames)
    at = np.round(np.arange(motion.num_frames) * (source.fps / motion.fps)).astype(np.int64)
    return told[np.minimum(at, len(told) - 1)]


def single(array: np.ndarray, ndim: int) -> np.ndarray:
    """Return an array without a batch axis of length one.

    Args:
        array: Any array.
        ndim: How many axes it has without.
    """
    return array[0] if array.ndim == ndim + 1 and len(array) == 1 else array
