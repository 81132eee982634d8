"""Response families g(c, k): one file each, one line each in the registry; a family loads when it is asked for."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
