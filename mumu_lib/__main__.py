"""``python -m mumu_lib``: what an issue report needs."""

from mumu_lib.core.environment import report

if __name__ == "__main__":
    report()
