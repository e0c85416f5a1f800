"""A rehearsal of 60 albums, with its stores."""

import pytest

from mumu_lib.rehearsal import building, parts
from mumu_lib.rehearsal.tables import Size


@pytest.fixture(scope="session")
def size():
    return Size(60, 100, 3)


@pytest.fixture(scope="session")
def rehearsed(size, tmp_path_factory):
    """The catalogue, in a home of its own, with every store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUMU_HOME", str(tmp_path_factory.mktemp("home")))
        for part in parts.BUILT:
            parts.build(part, size, workers=1)
        return building.opened(size)


@pytest.fixture
def there(rehearsed, monkeypatch):
    """The same, with its home set."""
    monkeypatch.setenv("MUMU_HOME", str(rehearsed.folder.parents[1]))
    return rehearsed
