"""Files of the demonstration, made in code: a photo and a letter. Nothing of them is anybody's."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw

WALL, DOOR, SPLINTER, LOCK = (214, 207, 196), (122, 84, 58), (232, 214, 190), (60, 60, 64)


def photo_of_a_door() -> bytes:
    """A JPEG: a door whose frame has given way by the lock."""
    image = Image.new("RGB", (960, 1280), WALL)
    draw = ImageDraw.Draw(image)
    draw.rectangle((240, 140, 720, 1230), fill=DOOR)
    for top in (220, 700):
        draw.rectangle((310, top, 650, top + 400), outline=(96, 64, 42), width=8)
    draw.ellipse((640, 660, 690, 710), fill=LOCK)
    draw.polygon([(715, 560), (790, 600), (742, 650), (812, 720), (735, 760), (715, 860)], fill=SPLINTER)
    draw.line([(715, 560), (700, 660), (716, 860)], fill=(70, 48, 34), width=7)
    kept = BytesIO()
    image.save(kept, "JPEG", quality=85)
    return kept.getvalue()


def letter(lines: Sequence[str]) -> bytes:
    """A PDF of one page with these lines, the first as its title."""
    shown = []
    for number, line in enumerate(lines):
        size, at = (16, 770) if number == 0 else (11, 745 - 18 * number)
        words = line.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        shown.append(b"BT /F1 %d Tf 70 %d Td (%s) Tj ET" % (size, at, words))
    text = b"\n".join(shown)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return body + b"xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size, table, size, len(body),
    )  # fmt: skip
