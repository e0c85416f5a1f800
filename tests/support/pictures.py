"""Pictures of two halves, and catalogues of covers."""

from PIL import Image

RED, BLUE, WHITE = (200, 40, 30), (20, 60, 180), (255, 255, 255)


def picture(width=120, height=120, left=RED, right=BLUE):
    """Two halves, so that neither orientation nor colours can be mistaken."""
    made = Image.new("RGB", (width, height), left)
    made.paste(right, (width // 2, 0, width, height))
    return made


def saved(folder, name, made, **options):
    made.save(folder / name, **options)
    return folder / name
