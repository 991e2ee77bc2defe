"""Safe loading: bytes, text and arrays from files that may be anything, within fixed bounds of memory."""

import io
import lzma
import math
import os
import stat
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError

LARGEST = 1 << 30
"""Bytes of the largest file, array or motion that is read: five hours of a 77-joint body at 60 fps."""

MOST_JOINTS = 2000

_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,  # encrypted, or a compression that Python does not know (NotImplementedError)
    ValueError,
    OverflowError,
    struct.error,
)


def read_bytes(path: Path, limit: int = LARGEST) -> bytes:
    """Return a file's content.

    Raises:
        MotionFileError: If it is missing, no regular file, not readable, empty, or larger than `limit` bytes.
    """
    try:
        # Opening a named pipe would wait for a writer for ever, so it is looked at first.
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise MotionFileError(f"{path}: is a folder; expected a motion file")
        if not stat.S_ISREG(status.st_mode):
            raise MotionFileError(f"{path}: is a pipe, socket or device; expected a regular file")
        if status.st_size > limit:
            raise MotionFileError(
                f"{path}: is {status.st_size / 2**20:.0f} MiB large; at most {limit / 2**20:.0f} MiB are read: "
                "cut the motion into several files"
            )
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise MotionFileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a path with a null character
        raise MotionFileError(f"{str(path)!r}: is no path: {error}") from None
    if not data:
        raise MotionFileError(f"{path}: is empty; expected a motion file")
    return data


def decode(data: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """Return text from bytes, and a note where it is not UTF-8.

    Raises:
        MotionFileError: If the bytes are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), ("The text is UTF-16.",)
        except UnicodeDecodeError:
            raise MotionFileError(f"{path}: is binary; expected text") from None
    if b"\0" in data[:65536]:
        raise MotionFileError(f"{path}: is binary; expected text")
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        return data.decode("latin-1"), (f"Byte {error.start} is not UTF-8; the text is read as Latin-1.",)


def parse_numbers(text: str) -> np.ndarray:
    """Return the numbers of a text, separated by white space, as float64.

    Raises:
        ValueError: If something in it is no number.
    """
    # In its text mode, `fromstring` is the fastest parser in NumPy; it also stops at the first thing it cannot read,
    # which is an error in newer versions and was a warning before.
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype=np.float64, sep=" ")
        except DeprecationWarning as error:
            raise ValueError(str(error)) from None


def load_npy(path: Path) -> np.ndarray:
    """Return the array of an `.npy` file, never unpickling.

    Raises:
        MotionFileError: If it is no such file, is truncated, too large, or holds anything but numbers or text.
    """
    data = read_bytes(path)
    return _read_array(io.BytesIO(data), len(data), str(path))


class ArrayArchive:
    """The arrays of an `.npz` file, read one by one when asked for, so that nothing else of the file is unpacked.

    Raises:
        MotionFileError: If it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        data = read_bytes(path)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except _ZIP_FAULTS as error:
            raise MotionFileError(f"{path}: is not an .npz archive, or is truncated: {error}") from None
        self._members = {info.filename.removesuffix(".npy"): info for info in members}

    def __contains__(self, key: str) -> bool:
        return key in self._members

    @property
    def keys(self) -> list[str]:
        """The names of the arrays."""
        return list(self._members)

    def read(self, key: str) -> np.ndarray:
        """Return one array.

        Raises:
            MotionFileError: If it is missing, damaged, too large, or holds anything but numbers or text.
        """
        where = f"{self.path}: array {key!r}"
        if key not in self._members:
            raise MotionFileError(f"{where} is missing; there are {self.list_keys()}")
        info = self._members[key]
        if info.file_size > LARGEST:
            raise MotionFileError(
                f"{where} is {info.file_size / 2**20:.0f} MiB unpacked; at most {LARGEST / 2**20:.0f} MiB are read: "
                "cut the motion into several files"
            )
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size)
        except _ZIP_FAULTS as error:
            raise MotionFileError(f"{where} is damaged: {error}") from None
        return _read_array(io.BytesIO(data), len(data), where)

    def number(self, key: str) -> float:
        """Return one array's single value.

        Raises:
            MotionFileError: If it is not one number.
        """
        array = self.read(key)
        if array.size != 1 or array.dtype.kind not in "fiu":
            raise MotionFileError(
                f"{self.path}: {key!r} has shape {array.shape} and type {array.dtype}; expected a number"
            )
        return float(array.reshape(-1)[0])

    def numbers(self, key: str) -> np.ndarray:
        """Return one array of numbers.

        Raises:
            MotionFileError: If it holds text.
        """
        array = self.read(key)
        if array.dtype.kind not in "fiu":
            raise MotionFileError(f"{self.path}: {key!r} holds {array.dtype}; expected numbers")
        return array

    def list_keys(self) -> str:
        """Return the names of the first arrays, for a message."""
        keys = self.keys
        return (", ".join(keys[:12]) + (", …" if len(keys) > 12 else "")) or "none"


def _read_array(file: io.BytesIO, size: int, where: str) -> np.ndarray:
    """Return the array of an `.npy` stream of `size` bytes, after its header is found to be honest."""
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError, KeyError) as error:
        first = str(error).split("\n")[0][:200]
        raise MotionFileError(f"{where} is not a NumPy array: {first}") from None
    if dtype.hasobject:
        raise MotionFileError(f"{where} is pickled, which could run any code; save plain numbers instead")
    if dtype.kind not in "fiubUS":
        raise MotionFileError(f"{where} holds values of type {dtype}; expected numbers")
    expected = math.prod(shape) * dtype.itemsize
    if expected != size - file.tell() or min(shape, default=0) < 0:
        raise MotionFileError(
            f"{where} is truncated or damaged: its header tells shape {shape} of {dtype}, {expected} bytes, "
            f"but {size - file.tell()} follow"
        )
    file.seek(0)
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, MemoryError) as error:
        raise MotionFileError(f"{where} is damaged: {error}") from None
