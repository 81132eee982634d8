"""Why forecasts and real loops part: those of `data/tiny-lm/`, told in `docs/selection.md`.

`python -m verification.selection` measures, writes `reports/selection.csv` and the figures, and fills the tables of the
text. In the order in which they are used: `logs` (the measured loops and sweeps), `forecasts`, `scores`, `measuring`,
`tables`, `figures`.
"""
