"""A tiny language model, trained from scratch, that learns in context and judges its own answers.

In the order in which they are used: `task` (what is learnt), `model`, `train`, `export` (GGUF), `sample` (answers and
verdicts in bulk), `sweep`, `loops`, `serve` (llama.cpp's server), `check` (what was learnt). See README.md.
"""
