"""GGUF: the one file that llama.cpp serves and that torch reads back."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch

from lab.model import Shape, TinyLM
from lab.task import LENGTH, NAMES, QUERIES, RULES, Task

__all__ = ["CHAT_TEMPLATE", "load", "save"]

CHAT_TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""Every message is the name of a token: a query, an answer, `verdict` or `survey`."""


def interleaved(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key matrix from half-rotation (i with i + half) to llama.cpp's layout (2i with 2i + 1)."""
    out, width = rows.shape
    return rows.reshape(heads, 2, out // heads // 2, width).swapaxes(1, 2).reshape(out, width)


def halved(rows: np.ndarray, heads: int) -> np.ndarray:
    """The inverse of `interleaved`."""
    out, width = rows.shape
    return rows.reshape(heads, out // heads // 2, 2, width).swapaxes(1, 2).reshape(out, width)


def save(model: TinyLM, task: Task, path: Path, facts: dict[str, int]) -> None:
    """Write model, vocabulary, chat template, rules and facts (seed, steps) as GGUF in 32-bit floats."""
    shape, part = model.shape, path.with_suffix(".part")
    writer = gguf.GGUFWriter(str(part), "llama")
    writer.add_name("tiny-lm")
    writer.add_description("Learns one of six rules in context and judges its own answers")
    writer.add_context_length(LENGTH)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _add_vocabulary(writer)
    writer.add_array("tiny_lm.rules", task.table.flatten().tolist())
    for name, value in facts.items():
        writer.add_uint32(f"tiny_lm.{name}", value)
    for name, tensor in _tensors(model).items():
        writer.add_tensor(name, np.ascontiguousarray(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def _add_vocabulary(writer: gguf.GGUFWriter) -> None:
    special = {"<unk>": gguf.TokenType.UNKNOWN, "<s>": gguf.TokenType.CONTROL, "</s>": gguf.TokenType.CONTROL}
    writer.add_tokenizer_model("llama")
    writer.add_token_list(list(NAMES))
    writer.add_token_scores([0.0] * len(NAMES))
    writer.add_token_types([special.get(name, gguf.TokenType.USER_DEFINED) for name in NAMES])
    writer.add_unk_token_id(NAMES.index("<unk>"))
    writer.add_bos_token_id(NAMES.index("<s>"))
    writer.add_eos_token_id(NAMES.index("</s>"))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _tensors(model: TinyLM) -> dict[str, np.ndarray]:
    """llama.cpp's names → weights."""
    state = {name: tensor.detach().float().numpy() for name, tensor in model.state_dict().items()}
    heads, found = model.shape.heads, {"token_embd.weight": state["embedding.weight"]}
    for i in range(model.shape.layers):
        own, blk = f"blocks.{i}.", f"blk.{i}."
        q, k, v = np.split(state[own + "attention.qkv.weight"], 3)
        gate, up = np.split(state[own + "feed.gate_up.weight"], 2)
        found |= {
            blk + "attn_norm.weight": state[own + "attention_norm.weight"],
            blk + "attn_q.weight": interleaved(q, heads),
            blk + "attn_k.weight": interleaved(k, heads),
            blk + "attn_v.weight": v,
            blk + "attn_output.weight": state[own + "attention.out.weight"],
            blk + "ffn_norm.weight": state[own + "feed_norm.weight"],
            blk + "ffn_gate.weight": gate,
            blk + "ffn_up.weight": up,
            blk + "ffn_down.weight": state[own + "feed.down.weight"],
        }
    return found | {"output_norm.weight": state["norm.weight"], "output.weight": state["head.weight"]}


def load(path: Path) -> tuple[TinyLM, Task, dict[str, int]]:
    """Read back what `save` wrote: the model, its rules, and the facts.

    Raises
    ------
    ValueError
        If the vocabulary is another one.
    """
    reader = gguf.GGUFReader(str(path))
    if tuple(reader.fields["tokenizer.ggml.tokens"].contents()) != NAMES:
        raise ValueError(f"{path} has another vocabulary than lab.task; train it again with `python -m lab.train`.")
    value = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("tokenizer")}
    shape = Shape(
        vocabulary=len(NAMES),
        layers=value["llama.block_count"],
        width=value["llama.embedding_length"],
        heads=value["llama.attention.head_count"],
        hidden=value["llama.feed_forward_length"],
        rope_base=value["llama.rope.freq_base"],
        epsilon=value["llama.attention.layer_norm_rms_epsilon"],
    )
    model = TinyLM(shape)
    model.load_state_dict(_state({tensor.name: np.array(tensor.data) for tensor in reader.tensors}, shape))
    table = np.array(value["tiny_lm.rules"]).reshape(RULES, QUERIES)
    facts = {name: int(value[f"tiny_lm.{name}"]) for name in ("seed", "steps")}
    return model.eval(), Task(table), facts


def _state(found: dict[str, np.ndarray], shape: Shape) -> dict[str, torch.Tensor]:
    """The inverse of `_tensors`."""
    state = {
        "embedding.weight": found["token_embd.weight"],
        "norm.weight": found["output_norm.weight"],
        "head.weight": found["output.weight"],
    }
    for i in range(shape.layers):
        own, blk = f"blocks.{i}.", f"blk.{i}."
        q, k = (halved(found[f"{blk}attn_{name}.weight"], shape.heads) for name in "qk")
        state |= {
            own + "attention_norm.weight": found[blk + "attn_norm.weight"],
            own + "attention.qkv.weight": np.concatenate([q, k, found[blk + "attn_v.weight"]]),
            own + "attention.out.weight": found[blk + "attn_output.weight"],
            own + "feed_norm.weight": found[blk + "ffn_norm.weight"],
            own + "feed.gate_up.weight": np.concatenate([found[blk + "ffn_gate.weight"], found[blk + "ffn_up.weight"]]),
            own + "feed.down.weight": found[blk + "ffn_down.weight"],
        }
    return {name: torch.from_numpy(array) for name, array in state.items()}
