"""The walk over a folder, and files that are not what their names say."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from conftest import as_ordinary_user
from motion_files import bvh_text
from systems import needs_links, needs_pipes
from tmr.errors import MotionFileError
from tmr.motion.formats import READERS, find_motion_files, find_unread_files, list_motion_files, read_motion


def test_files_are_found_sorted_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("b.BVH", "a/c.npz", "a/b/d.npy", "e.txt", ".hidden.bvh", ".git/f.bvh", "a.bvh"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [file.relative_to(tmp_path).as_posix() for file in find_motion_files(tmp_path)]
    assert found == ["a/b/d.npy", "a/c.npz", "a.bvh", "b.BVH"]
    assert find_motion_files(str(tmp_path)) == find_motion_files(tmp_path)


@needs_links
def test_links_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a.bvh").touch()
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "broken.bvh").symlink_to(tmp_path / "nowhere")
    assert len([file for file in find_motion_files(tmp_path) if file.name == "a.bvh"]) == 1
    with pytest.raises(MotionFileError, match="cannot be read: No such file"):
        read_motion(tmp_path / "broken.bvh")


def test_folders_that_a_network_drive_gives_no_numbers_are_all_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "walk.bvh").touch()
    if os.name != "nt":  # where links need a privilege
        (tmp_path / "b" / "loop").symlink_to(tmp_path, target_is_directory=True)
    stat = os.stat

    def without_number(path: Path, **options: bool) -> os.stat_result:
        status = stat(path, **options)
        return os.stat_result((status.st_mode, 0, *status[2:]))

    monkeypatch.setattr(os, "stat", without_number)
    found = [file.relative_to(tmp_path).as_posix() for file in find_motion_files(tmp_path)]
    assert found == ["a/walk.bvh", "b/walk.bvh"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").touch()
    for folder in (tmp_path / "none", tmp_path / "a.bvh"):
        with pytest.raises(MotionFileError, match="cannot be listed"):
            find_motion_files(folder)


def test_a_folder_that_vanishes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    scandir = os.scandir

    def vanish(path: Path) -> object:
        if Path(path).name == "a":
            raise FileNotFoundError(2, "No such file or directory")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanish)
    with pytest.raises(MotionFileError, match="a: cannot be listed: No such file"):
        find_motion_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "advice"),
    [("a.FBX", "convert it to BVH, in Blender"), ("a.c3d", "holds markers .* export BVH"), ("a.pkl", "numpy.savez")],
)
def test_formats_that_are_not_read_tell_what_to_do(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(MotionFileError, match=advice):
        read_motion(tmp_path / name)
    found = [file.name for file in find_unread_files(tmp_path)]
    assert found == ([] if name == "a.pkl" else [name])  # any program pickles


def test_unknown_suffixes_are_named(tmp_path: Path) -> None:
    for name in ("a.fbx", "a", "a.bvh.gz"):
        with pytest.raises(MotionFileError, match=r"expected one of \.bvh, \.amc"):
            read_motion(tmp_path / name)


@needs_pipes
@pytest.mark.parametrize("suffix", list(READERS))
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    asf = path if suffix == ".amc" else None
    if suffix == ".asf":
        return
    with pytest.raises(MotionFileError, match="cannot be read"):
        read_motion(path, asf=asf)
    path.mkdir()
    with pytest.raises(MotionFileError, match="is a folder"):
        read_motion(path, asf=asf)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(MotionFileError, match="pipe, socket or device"):
        read_motion(path, asf=asf)
    path.unlink()
    path.touch()
    with pytest.raises(MotionFileError, match="is empty"):
        read_motion(path, asf=asf)
    with pytest.raises(MotionFileError):
        read_motion(f"a\0b{suffix}", asf=asf)


def test_sockets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("a.bvh")
        with pytest.raises(MotionFileError, match="pipe, socket or device"):
            read_motion("a.bvh")


def test_unreadable_files_are_said(open_folder: Path) -> None:
    path = open_folder / "a.bvh"
    path.write_text(bvh_text())
    path.chmod(0)
    with as_ordinary_user(), pytest.raises(MotionFileError, match="Permission denied"):
        read_motion(path)


def test_a_wrong_suffix_is_said(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros((2, 22, 3)))
    np.savez(tmp_path / "array.npz", a=np.zeros(2))
    contents = [
        bvh_text().encode(),
        (tmp_path / "array.npy").read_bytes(),
        (tmp_path / "array.npz").read_bytes(),
        b"\xff" * 99,
    ]
    for content in contents:
        for suffix in READERS:
            path = tmp_path / f"wrong{suffix}"
            path.write_bytes(content)
            if path.suffix == ".bvh" and content == contents[0]:
                continue
            with pytest.raises(MotionFileError, match=f"wrong{suffix}|array"):
                read_motion(path, asf=path)
            path.unlink()


def hide(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a folder be one that may not be listed, for the administrator too, to whom modes do not apply."""
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_a_folder_below_that_cannot_be_listed_is_told_beside_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.bvh", "lost+found/b.bvh", "c/d.fbx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    hide(monkeypatch, "lost+found")
    listing = list_motion_files(tmp_path)
    assert listing.files == [tmp_path / "a.bvh"]
    assert listing.unlisted == {tmp_path / "lost+found": "Permission denied"}
    assert find_unread_files(tmp_path) == [tmp_path / "c" / "d.fbx"]
    with pytest.raises(MotionFileError, match=r"lost\+found: cannot be listed: Permission denied"):
        find_motion_files(tmp_path)
    with pytest.raises(MotionFileError, match="cannot be listed: Permission denied"):
        list_motion_files(tmp_path / "lost+found")


@needs_links
def test_a_link_to_where_nobody_may_look_hides_nothing_else(open_folder: Path) -> None:
    hidden = open_folder / "hidden"
    (hidden / "deep").mkdir(parents=True)
    (open_folder / "library").mkdir()
    for name, to in (("a.bvh", "file"), ("b", "deep"), ("c.txt", "text")):
        (open_folder / "library" / name).symlink_to(hidden / to)
    (open_folder / "library" / "d.bvh").touch()
    hidden.chmod(0)
    try:
        with as_ordinary_user():
            listing = list_motion_files(open_folder / "library")
    finally:
        hidden.chmod(0o755)
    assert [path.name for path in listing.files] == ["a.bvh", "d.bvh"]
    assert [path.name for path in listing.unlisted] == ["b", "c.txt"]


def test_what_to_expect_names_no_skeleton(tmp_path: Path) -> None:
    with pytest.raises(MotionFileError) as raised:
        read_motion(tmp_path / "a.fbx")
    assert ".asf" not in str(raised.value)
