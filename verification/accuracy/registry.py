"""All kernels that are measured."""

from verification.accuracy import curves, loops, maps, orbits, returns, tables

__all__ = ["KERNELS"]

KERNELS = (*loops.KERNELS, *curves.KERNELS, *returns.KERNELS, *orbits.KERNELS, *maps.KERNELS, *tables.KERNELS)
