"""Files made in code: sound ones, and those that must be refused. Nothing of them is anybody's."""

import io
import zipfile
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
TEXT = b"Certificat remis par Fatou le 12 mars.\n"


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def image(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (20, 90, 120)).save(out, kind, **options)
    return out.getvalue()


def photo_with_place() -> bytes:
    """A JPEG turned on its side by its camera, with the place, a maker and a comment."""
    exif = Image.Exif()
    exif[0x010F] = "Canaribel"  # the maker
    exif[0x0112] = 6  # to be turned a quarter
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 51.0, 3.2), 3: "E", 4: (4.0, 22.0, 7.9)})
    return image("JPEG", (60, 20), exif=exif, comment=b"Kwaremontstraat")


def pdf(pages: int = 1, size: tuple[float, float] = (200, 100), *, embedded: bool = False) -> bytes:
    import pypdfium2

    document = pypdfium2.PdfDocument.new()
    for _page in range(pages):
        document.new_page(*size)
    if embedded:
        document.new_attachment("inside.txt").set_data(b"carried along")
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def locked_pdf() -> bytes:
    """A PDF whose reader must know a password: an Encrypt dictionary that the empty password does not open."""
    zeros = b"<" + b"00" * 32 + b">"
    body = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 10 10]>>",
            b"<</Filter/Standard/V 1/R 2/O " + zeros + b"/U " + zeros + b"/P -4>>",
        ),
        1,
    ):
        offsets.append(len(body))
        body += b"%d 0 obj" % number + text + b"endobj\n"
    start = len(body)
    body += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + b"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF" % start


def zip_bomb() -> bytes:
    """Fifty megabytes of zeros in some fifty kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(50_000_000))
    return out.getvalue()


def pixel_bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 60,000 pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (60_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def moving() -> bytes:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=[second])
    return out.getvalue()
