"""Multi-label music genre classification of albums from audio, text and covers.

The doors are listed in ``__init__.pyi``. Each room loads when it is first used, so that ``import mumu_lib`` costs nothing.
"""

import lazy_loader

from mumu_lib.core.backend import set_defaults

set_defaults()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
