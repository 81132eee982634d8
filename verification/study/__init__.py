"""What forecasts are worth on real loops: those of `data/tiny-lm/`, told in `docs/study.md`.

`python -m verification.study` measures, writes `reports/study.csv` and the figures, and fills the tables of the text.
In the order in which they are used: `logs` (the measured loops and sweeps), `forecasts`, `scores`, `measuring`,
`tables`, `figures`.
"""
