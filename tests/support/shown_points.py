"""Points of a map, and titles that would do harm."""

EVIL = "<img src=x onerror=alert(1)>"


def shown(browser):
    return int(browser.controls._count.value.split(" of ")[0].rsplit(">", 1)[-1])
