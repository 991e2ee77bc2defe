"""What computes: what is asked for, the GPU if it does, or the processor."""

from functools import partial

import pytest
import torch

from command_line import save_small_model
from fake_encoder import write_library
from tmr.commands.info import info
from tmr.errors import ModelError, TMRError
from tmr.model.config import ModelConfig
from tmr.model.device import find_device
from tmr.model.tmr import TMR, load_model
from tmr.search.index import Index


def refuse(error):
    """Return a product of matrices that ends in an error, as on a GPU for which PyTorch has no programs."""

    def matmul(one, other):
        raise error

    return matmul


@pytest.fixture
def gpu_of_no_use(monkeypatch):
    """A GPU that PyTorch counts and that does not compute; the tests' build of PyTorch has none."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU that computes")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


def test_a_model_computes_on_the_processor_where_the_gpu_does_not(tmp_path, gpu_of_no_use, caplog):
    model = load_model(save_small_model(tmp_path))
    assert model.device.type == "cpu"
    [told] = [record.getMessage() for record in caplog.records if record.name == "tmr.device"]
    assert told.startswith("the GPU cannot be used, the processor computes: ")
    assert "\n" not in told


def test_info_names_the_device_that_computes(gpu_of_no_use, monkeypatch):
    from click.testing import CliRunner

    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: "a GPU of no use")
    run = CliRunner().invoke(info)
    assert [line.split()[-1] for line in run.stdout.splitlines() if line.startswith("device")] == ["cpu"]


def test_a_device_that_is_asked_for_and_does_not_compute_is_refused(tmp_path, monkeypatch, caplog):
    error = RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with …")
    monkeypatch.setattr(torch.Tensor, "__matmul__", refuse(error))
    with pytest.raises(ModelError, match=r"compute on device 'cpu': CUDA error: no kernel image .* device; `cpu`"):
        find_device("cpu")
    with pytest.raises(ModelError, match="no kernel image"):
        load_model(save_small_model(tmp_path), device="cpu")
    assert caplog.records == []


def test_what_is_asked_for_is_taken():
    assert find_device("cpu") == find_device(torch.device("cpu")) == torch.device("cpu")
    for device in ("nonsense", "cuda:99"):
        with pytest.raises(ModelError, match=f"cannot compute on device '{device}'"):
            find_device(device)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("a bug")])
def test_an_index_keeps_what_it_has_where_the_memory_does_not_do(tmp_path, monkeypatch, error):
    library = tmp_path / "library"
    write_library(library, range(2))
    build = partial(Index.build, library, tmp_path / "index", save_small_model(tmp_path / "model"), workers=0)
    build().close()
    write_library(library, range(2, 4))

    def full(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("tmr.model.transformer.SequenceEncoder.forward", full)
        expected = "the memory of device 'cpu' does not do" if "memory" in str(error) else "a bug"
        with pytest.raises(TMRError if "memory" in str(error) else RuntimeError, match=expected):
            build()
    index = build()
    assert (len(index.report.unchanged), len(index.report.added), index.report.skipped) == (2, 2, ())


def test_a_language_model_without_memory_is_told_too(tmp_path):
    class Backbone:
        width = 384

        def tokens(self, texts):
            raise torch.OutOfMemoryError("CUDA out of memory.")

    model = load_model(save_small_model(tmp_path))
    model.text_backbone = Backbone()
    with pytest.raises(TMRError, match="the memory of device 'cpu' does not do"):
        model.encode_text(["a person walks"])


def test_the_language_model_computes_where_the_model_does(monkeypatch):
    asked = []

    class Backbone:
        width = 4096

        def __init__(self, *, device, max_tokens):
            asked.append(device)

        def tokens(self, texts):
            raise AssertionError("nothing is to be read")

    monkeypatch.setattr("tmr.model.llm2vec.LLM2Vec", Backbone)
    model = TMR(ModelConfig(text_backbone="llm2vec", text_width=4096, motion_layers=1, text_layers=1)).to("meta")
    assert model.text_backbone.width == 4096
    assert asked == [torch.device("meta")]
