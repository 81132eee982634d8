"""Checks of statistical claims by simulation with known truth; each writes a table to `reports/`."""
