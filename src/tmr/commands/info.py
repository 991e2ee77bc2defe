"""`tmr info`: versions, and which model, language model and device a search or an index would use."""

import click

from tmr.commands.options import model_option


@click.command(short_help="Print versions, model, language model and device.")
@model_option
def info(model: str | None) -> None:
    """Print versions, the model, its language model and the device: what a bug report needs."""
    import platform
    from importlib.metadata import version

    from tmr import __version__
    from tmr.errors import ModelError

    rows = [("tmr", __version__), ("python", platform.python_version()), ("system", platform.platform())]
    rows += [(name, version(name)) for name in ("numpy", "torch", "tokenizers", "safetensors")]
    try:
        rows += _model_rows(model)
    except ModelError as error:
        rows.append(("model", str(error)))
    import torch

    from tmr.model.device import find_device

    device = find_device(None)
    rows.append(("device", torch.cuda.get_device_name(device) if device.type == "cuda" else device.type))
    for name, value in rows:
        click.echo(f"{name:<14} {value}")


def _model_rows(model: str | None) -> list[tuple[str, str]]:
    from tmr.model.card import licence_of, meaning, spelt
    from tmr.model.checkpoint import find_checkpoint, hash_checkpoint, is_ours, read_config, read_weights
    from tmr.model.kimodo import read_kimodo
    from tmr.model.memory import read_memory
    from tmr.model.text import COMPACT, load_backbone, wants_compact

    folder = find_checkpoint(model)
    rows = [("model", str(folder))]
    licence = licence_of(folder)
    if licence is not None:
        rows.append(("licence", f"{spelt(licence)}, {meaning(licence)}"))
    config, weights = (read_config(folder), read_weights(folder)) if is_ours(folder) else read_kimodo(folder)
    checkpoint_hash = hash_checkpoint(config, weights)
    rows.append(("checkpoint", checkpoint_hash[:12]))
    if not is_ours(folder):
        return [*rows, ("text backbone", f"{config.text_backbone} (a checkpoint of Kimodo)")]
    if (memory := read_memory(folder, checkpoint_hash)) is not None:
        rows.append(("memory", f"{len(memory.of):,} captions of {len(memory.motions):,} motions"))
    if wants_compact(folder, None):
        rows.append(("text side", f"{COMPACT}, {(folder / COMPACT).stat().st_size / 1e6:.1f} MB"))
        return rows
    if config.text_backbone != "minilm":
        return [*rows, ("text backbone", config.text_backbone)]
    load_backbone(config)
    from tmr.model.minilm import find_folder

    return [*rows, ("text backbone", f"{config.text_backbone} in {find_folder()}")]
