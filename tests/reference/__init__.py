"""Slow exact twins, in rational arithmetic."""
