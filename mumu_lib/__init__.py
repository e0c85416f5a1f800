"""Multi-label music genre classification of albums from audio, text and covers.

The public names are listed in ``__init__.pyi``. Each subpackage is imported when it is first used, which keeps
``import mumu_lib`` fast.
"""

import lazy_loader

from mumu_lib.core.backend import set_defaults

set_defaults()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
