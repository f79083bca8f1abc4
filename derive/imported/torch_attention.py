"""PyTorch's MultiheadAttention step by step, in the place of its fast path, while a module is followed.

Decides nothing that PyTorch does not: the same numbers come out, but queries, keys and values have weights of their
own, and scores and shares are steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from derive.errors import InputError


@contextmanager
def step_by_step(torch: Any, module: Any) -> Iterator[None]:
    """Lets every MultiheadAttention of a module do its steps one by one, and leaves it as it was."""
    parts = [one for one in module.modules() if type(one) is torch.nn.MultiheadAttention]
    try:
        for one in parts:
            one.forward = _Steps(torch, one)
        yield
    finally:
        for one in parts:
            one.__dict__.pop("forward", None)


class _Steps:
    """The forward of one such module."""

    def __init__(self, torch: Any, own: Any) -> None:
        self.torch, self.own = torch, own

    def __call__(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        own, functional = self.own, self.torch.nn.functional
        self._check(key_padding_mask)
        turned = query.dim() == 3 and not own.batch_first
        if turned:
            query, key, value = (one.transpose(0, 1) for one in (query, key, value))
        weights = [own.q_proj_weight, own.k_proj_weight, own.v_proj_weight]
        if own.in_proj_weight is not None:
            weights = own.in_proj_weight.chunk(3)
        biases = own.in_proj_bias.chunk(3) if own.in_proj_bias is not None else [None] * 3
        heads = [
            functional.linear(one, weight, bias).unflatten(-1, (own.num_heads, own.head_dim)).transpose(-3, -2)
            for one, weight, bias in zip((query, key, value), weights, biases, strict=True)
        ]
        scores = heads[0] @ heads[1].transpose(-2, -1) / own.head_dim**0.5
        if attn_mask is not None:
            hidden = attn_mask if attn_mask.dtype == self.torch.bool else attn_mask.isneginf()
            scores = scores.masked_fill(hidden, -self.torch.inf)
        shares = functional.softmax(scores, dim=-1)
        if own.training and own.dropout:
            shares = functional.dropout(shares, own.dropout)
        joined = (shares @ heads[2]).transpose(-3, -2).flatten(-2)
        found = own.out_proj(joined)
        found = found.transpose(0, 1) if turned else found
        return found, (shares.mean(dim=-3) if average_attn_weights else shares) if need_weights else None

    def _check(self, padding: Any) -> None:
        own = self.own
        for what, value in (("key_padding_mask", padding), ("bias_k", own.bias_k), ("bias_v", own.bias_v)):
            if value is not None:
                raise InputError(f"{what} = None, the only one that is known here", "one", place="MultiheadAttention")
        if own.add_zero_attn:
            raise InputError(
                "add_zero_attn = False, the only one that is known here", "true", place="MultiheadAttention"
            )
