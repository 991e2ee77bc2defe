"""Fetch from the Hugging Face hub, from its cache first, with errors that say what to do."""

import json
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tmr.errors import ModelError


def is_hub_id(name: str) -> bool:
    """Return whether a name has the form of a repository of the hub, `owner/name`."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name) is not None


def download(repository: str, *, files: Sequence[str], enough: Sequence[Sequence[str]] | None = None) -> Path:
    """Return a local folder with files of a repository; nothing is asked of the network if they are all in the cache.

    Args:
        repository: `owner/name`.
        files: Names or patterns (`*.safetensors`).
        enough: The cache is enough if every pattern of one of these sets has a file there; None is all of `files`.

    Raises:
        ModelError: If the repository is unknown, gated, or cannot be reached.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        folder = Path(snapshot_download(repository, allow_patterns=list(files), local_files_only=True))
        if any(_is_complete(folder, patterns) for patterns in enough or [files]):
            return folder
    except (LocalEntryNotFoundError, HFValidationError):
        pass  # not in the cache: ask the hub, which says why if it cannot be had
    try:
        return Path(snapshot_download(repository, allow_patterns=list(files)))
    except GatedRepoError as error:
        raise ModelError(
            f"{repository} is gated: accept its terms at https://huggingface.co/{repository}, then run `hf auth login`"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"the hub has no {repository!r} for you; check the name, and run `hf auth login` if it is private"
        ) from error
    except HFValidationError as error:
        raise ModelError(f"{repository!r} is not a name of the hub: {error}") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"{repository} is not in the hub's cache and cannot be fetched ({_first_line(error)}); "
            "connect to the network, or give a folder that holds its files"
        ) from error


def _is_complete(folder: Path, files: Sequence[str]) -> bool:
    """Return whether each pattern has a file, and each index of a model in parts has all of its parts."""
    parts = {
        index.parent / part
        for index in folder.rglob("*.index.json")
        for part in json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values()
    }
    return all(any(folder.rglob(name)) for name in files) and all(part.is_file() for part in parts)


def upload(
    repository: str, write: Callable[[Path], None], *, private: bool, message: str, token: str | None = None
) -> str:
    """Write files to a new folder and upload it; return the address of the repository.

    Args:
        repository: `owner/name`; made if missing.
        write: Puts the files into the folder it is given.
        private: Whether a new repository is private.
        message: What the change is called.
        token: An access token; None takes the one of `hf auth login`.

    Raises:
        ModelError: If the hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    hub = HfApi(token=token)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        try:
            address = hub.create_repo(repository, private=private, exist_ok=True)
            hub.upload_folder(repo_id=repository, folder_path=folder, commit_message=message)
        except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OSError) as error:
            raise ModelError(
                f"the model cannot be uploaded to {repository} ({_first_line(error)}); "
                "check the name and the network, and run `hf auth login`"
            ) from error
    return str(address)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
