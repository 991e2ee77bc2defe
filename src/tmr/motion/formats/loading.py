"""Safe loading: bytes, text and arrays from files that may be anything, within fixed bounds of memory."""

import ast
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
LONGEST_HEADER = 10_000  # bytes of text that tell an array's shape, as NumPy has it

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
            # As much as there was: asked for more, Python sets the memory aside, and a full machine refuses it.
            data = file.read(status.st_size)
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
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # lines as the first Macintoshes ended them
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
    return _read_array(read_bytes(path), str(path))


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
        return _read_array(data, where)

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


def _read_array(data: bytes, where: str) -> np.ndarray:
    """Return the array in the bytes of an `.npy` file, after its header is found to be honest.

    The header is read here, not by NumPy, whose reader falls back to older ways of writing it and then to a pickle.

    Source:
        numpy.lib.format, "Format Version 1.0" to "3.0".
    """
    if data[:6] != b"\x93NUMPY" or len(data) < 12 or data[6] not in (1, 2, 3):
        raise MotionFileError(f"{where} is not a NumPy array")
    width = 2 if data[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    try:
        header = ast.literal_eval(data[8 + width : start][:LONGEST_HEADER].decode("utf-8").strip())
        shape, dtype = header["shape"], np.dtype(header["descr"])
        order = "F" if header["fortran_order"] else "C"
        count = math.prod(shape)
    except (ValueError, TypeError, SyntaxError, KeyError, RecursionError, MemoryError, OverflowError):
        raise MotionFileError(f"{where} is not a NumPy array: its header is damaged") from None
    if dtype.hasobject:
        raise MotionFileError(f"{where} is pickled, which could run any code; save plain numbers instead")
    if dtype.kind not in "fiubUS" or dtype.itemsize == 0:
        raise MotionFileError(f"{where} holds values of type {dtype}; expected numbers")
    if not (isinstance(shape, tuple) and len(shape) <= 8 and all(type(each) is int and each >= 0 for each in shape)):
        raise MotionFileError(f"{where} is not a NumPy array: its header tells the shape {str(shape)[:60]}")
    if count * dtype.itemsize != len(data) - start:
        raise MotionFileError(
            f"{where} is truncated or damaged: its header tells shape {shape} of {dtype}, {count * dtype.itemsize} "
            f"bytes, but {len(data) - start} follow"
        )
    return np.frombuffer(data, dtype, count, start if count else 0).reshape(shape, order=order)
