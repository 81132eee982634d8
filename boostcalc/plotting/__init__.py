"""Plain arrays to axes; nothing is computed here, and matplotlib loads when one of these is called."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
