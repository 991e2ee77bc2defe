"""Dropout by bytes: what it zeroes, what it keeps, what its gradient is."""

import pytest
import torch
from torch.nn import functional

from tmr.model.dropout import attention, dropout


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_share_is_zero_and_the_mean_stays(share, dtype):
    torch.manual_seed(0)
    x = torch.ones(401, 503, dtype=dtype)
    dropped = dropout(x, share, True)
    assert dropped.dtype == dtype
    # Half a byte's step and five standard deviations.
    assert (dropped == 0).double().mean().item() == pytest.approx(
        share, abs=0.5 / 256 + 5 * 0.5 / len(x.flatten()) ** 0.5
    )
    assert dropped.double().mean().item() == pytest.approx(1, abs=0.005 + 5 * (share / (1 - share) / x.numel()) ** 0.5)
    assert len(dropped.unique()) == 2


def test_values_fall_independently():
    torch.manual_seed(0)
    zero = (dropout(torch.ones(64, 4096), 0.25, True) == 0).float()
    # Neighbours, values a word of eight bytes apart, and the same place in the next row.
    for one, other in ((zero[:, 1:], zero[:, :-1]), (zero[:, 8:], zero[:, :-8]), (zero[1:], zero[:-1])):
        together = (one * other).mean().item()
        assert together == pytest.approx(0.25**2, abs=5 * 0.25 / one.numel() ** 0.5)


def test_what_is_dropped_has_no_gradient_and_the_rest_has_the_scale():
    torch.manual_seed(3)
    x = torch.randn(5, 7, 11, requires_grad=True)
    dropped = dropout(x, 0.3, True)
    (dropped * 2).sum().backward()
    kept = dropped.detach() != 0
    scale = 256 / (256 - round(0.3 * 256))
    assert 0 < int(kept.sum()) < x.numel()
    torch.testing.assert_close(dropped.detach(), torch.where(kept, x.detach() * scale, 0.0))
    torch.testing.assert_close(x.grad, torch.where(kept, 2 * scale, 0.0))


def test_a_seed_repeats_it_and_another_does_not():
    x = torch.ones(1000)
    drawn = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        drawn.append(dropout(x, 0.5, True))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_nothing_is_dropped_outside_training_or_at_a_share_of_zero():
    x = torch.randn(3, 5)
    assert dropout(x, 0.5, False) is x
    assert dropout(x, 0.0, True) is x


def test_attention_without_dropout_is_torchs_own():
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 9, 16)
    mask = torch.rand(2, 1, 1, 9) > 0.3
    mask[..., 0] = True
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(attention(query, key, value, mask, 0.0), expected)
    # A share below half of a byte's step drops nothing, but goes the way that dropout goes.
    torch.testing.assert_close(attention(query, key, value, mask, 1e-4), expected)


def test_attention_drops_weights_and_keeps_the_mean():
    torch.manual_seed(0)
    query, key = torch.zeros(2, 1, 1, 2000, 8)
    value = torch.ones(1, 1, 2000, 8)
    mask = torch.arange(2000) < 500
    attended = attention(query, key, value, mask[None, None, None], 0.5)
    # Each of 500 equal weights is 0 or 2 / 500: the sum's standard deviation is 1 / sqrt(500).
    assert attended.mean().item() == pytest.approx(1, abs=0.01)
    assert attended[0, 0, :, 0].std().item() == pytest.approx(500**-0.5, rel=0.1)
