"""A Llama-shaped transformer, small enough to train on two cores in minutes, and its attention masks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Past", "Shape", "TinyLM", "training_layout"]

Past = list[tuple[Tensor, Tensor]]
"""Keys and values (n, heads, tokens, width of a head) of the tokens so far, layer by layer."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a model."""

    vocabulary: int
    layers: int = 4
    width: int = 128
    heads: int = 4
    hidden: int = 384
    rope_base: float = 10_000.0
    epsilon: float = 1e-5


class Attention(nn.Module):
    """Multi-head attention with rotary positions (half-rotation layout)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Output (n, s, width), and the keys and values of past and present."""
        n, s, width = x.shape
        q, k, v = self.qkv(x).view(n, s, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k = _rotated(q, turn), _rotated(k, turn)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
        return self.out(seen.transpose(1, 2).reshape(n, s, width)), (k, v)


class Feed(nn.Module):
    """SwiGLU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, -1)
        return self.down(functional.silu(gate) * up)


class Block(nn.Module):
    """Attention and feed-forward, each on a normalised input and added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attention = Attention(shape)
        self.feed_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.feed = Feed(shape)

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        seen, present = self.attention(self.attention_norm(x), turn, mask, past)
        x = x + seen
        return x + self.feed(self.feed_norm(x)), present


class TinyLM(nn.Module):
    """The model. `forward` takes positions and a mask, since tokens may branch off (judgements, candidate queries)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.head = nn.Linear(shape.width, shape.vocabulary, bias=False)
        self.apply(_initialised)
        for block in self.blocks:  # what is added to the stream starts small, so that depth does not inflate it
            for last in (block.attention.out, block.feed.down):
                nn.init.normal_(last.weight, std=0.02 / (2 * shape.layers) ** 0.5)

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """Logits of the next token.

        Parameters
        ----------
        tokens : (n, s)
        positions : (s,)
        mask : (s, p + s)
            Added to the attention's logits: 0 where a token sees another, −∞ where not.
        past : keys and values of p earlier tokens

        Returns
        -------
        logits (n, s, vocabulary), and the keys and values of all p + s tokens
        """
        turn = _turn(positions, self.shape.width // self.shape.heads, self.shape.rope_base)
        x, present = self.embedding(tokens), []
        for i, block in enumerate(self.blocks):
            x, both = block(x, turn, mask, None if past is None else past[i])
            present.append(both)
        return self.head(self.norm(x)), present


def _initialised(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)


def _turn(positions: Tensor, width: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosine and sine (s, width/2) of each position's angle in each pair of coordinates."""
    angle = positions[:, None] * base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    return angle.cos().float(), angle.sin().float()


def _rotated(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Coordinates i and i + half turned by the position's angle."""
    cos, sin = (part.to(x.dtype) for part in turn)
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def additive(seen: Tensor) -> Tensor:
    """A mask to add, from a boolean one."""
    return torch.zeros(seen.shape).masked_fill(~seen, float("-inf"))


def causal(size: int) -> Tensor:
    """Each token sees itself and what came before (boolean)."""
    return torch.ones(size, size, dtype=torch.bool).tril()


def training_layout(pairs: int) -> tuple[Tensor, Tensor]:
    """Positions and mask of ``BOS q a q a …`` followed by one branch token for each pair.

    The branch token of a pair sees the sequence up to its answer and itself, stands one position after the answer, and
    nothing else sees it: at use it is a plain causal suffix.
    """
    main = 1 + 2 * pairs
    answers = 2 + 2 * torch.arange(pairs)
    seen = torch.zeros(main + pairs, main + pairs, dtype=torch.bool)
    seen[:main, :main] = causal(main)
    seen[main:, :main] = torch.arange(main) <= answers[:, None]
    seen[main:, main:] = torch.eye(pairs, dtype=torch.bool)
    return torch.cat([torch.arange(main), answers + 1]), additive(seen)
