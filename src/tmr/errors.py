"""What can go wrong, as types a caller can catch.

A message says what was expected, what came, where, and what to do. The command line prints it as one line on stderr and
exits 1; any other exception is a bug and shows its traceback.
"""


class TMRError(Exception):
    """Base of every error that this package raises on purpose."""


class MotionFileError(TMRError):
    """A motion file cannot be read: truncated, wrong format, unreadable numbers, too large."""


class SkeletonError(TMRError):
    """A skeleton lacks a joint that is needed, or its hierarchy is not a tree."""


class ModelError(TMRError):
    """A checkpoint, its configuration or its text backbone is missing, broken or of another kind."""


class IndexFolderError(TMRError):
    """An index folder is missing, broken, in use, or was made by another model."""


class DatasetError(TMRError):
    """Captions, splits or training data are not as documented."""
