"""What a file really is, and a harmless picture of it. Run as a program: it never shares a process with the rest.

Whoever sends a file chooses its bytes, and the libraries that read images and PDFs have had their accidents. So they
run here: no settings, no keys, no database; bounded memory and processor time; killed by the caller when too long.

    python -I content.py check <extension> <limits>       standard input: the file
    python -I content.py page <media type> <number> <limits>

`limits` is JSON: pixels (of an image), pages (of a PDF), edge (of a picture to show, in pixels). Standard output: one
line of JSON, then bytes. `check` answers {"type", "pages"} and the bytes to keep, or {"refused": code, "found"};
`page` answers {"type"} and an image. Any other end is a file that cannot be read.
"""

import json
import resource
import sys
from io import BytesIO
from typing import Any

MEMORY = 1 << 30  # bytes
SECONDS = 20  # of processor time

EXTENSIONS = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "txt": "text/plain",
}
IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
DAMAGED = (OSError, ValueError, SyntaxError)
"""What the library raises for an image it cannot read. Anything else ends the program, which is a refusal as well."""
PASSWORD_NEEDED = 4  # FPDF_ERR_PASSWORD
NOT_IN_TEXT = frozenset(range(32)) - {9, 10, 12, 13}


class FileRefused(Exception):
    """`code` says why; `found` is what the content is, as an extension, where that helps."""

    def __init__(self, code: str, found: str = ""):
        self.answer = {"refused": code, "found": found}


def check(content: bytes, extension: str, limits: dict[str, int]) -> tuple[dict[str, Any], bytes]:
    """The type of the content, and the bytes to keep: an image is drawn again, without what the camera wrote in it."""
    if not content:
        raise FileRefused("empty")
    if not extension:
        raise FileRefused("name")
    claimed, found = EXTENSIONS.get(extension), sniff(content)
    if claimed is None:
        raise FileRefused("type", found)
    if not found and extension == "txt":
        raise FileRefused("text")
    media_type = EXTENSIONS.get(found, "")
    if claimed != media_type:
        raise FileRefused("lies", found)
    if media_type in IMAGES:
        return {"type": media_type, "pages": 1}, redrawn(content, media_type, limits)
    if media_type == "application/pdf":
        return {"type": media_type, "pages": pages_of(content, limits)}, content
    return {"type": media_type, "pages": 1}, content


def sniff(content: bytes) -> str:
    """The extension its first bytes ask for, "txt" for readable text, "" for what nobody knows."""
    import filetype

    kind, text = filetype.guess(content[:8192]), readable(content)
    # two letters make a bitmap or a program: a text may begin with them
    if kind is not None and (kind.extension in EXTENSIONS or not text):
        return kind.extension
    return "txt" if text else ""


def readable(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not NOT_IN_TEXT.intersection(content)


def opened(content: bytes, media_type: str, limits: dict[str, int]) -> Any:
    """The image, its size checked before its points are read, upright."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # ours is below, and refuses instead of warning
    try:
        image = Image.open(BytesIO(content), formats=[IMAGES[media_type]])
    except DAMAGED as error:
        raise FileRefused("broken") from error
    if image.width * image.height > limits["pixels"]:
        raise FileRefused("pixels")
    if media_type != "image/jpeg" and getattr(image, "n_frames", 1) > 1:  # phones add a second JPEG for the screen
        raise FileRefused("moving")
    try:
        image.load()
        image = ImageOps.exif_transpose(image)
    except MemoryError as error:
        raise FileRefused("pixels") from error
    except DAMAGED as error:
        raise FileRefused("broken") from error
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if image.mode.startswith("I"):  # sixteen bits of grey
        image = image.convert("I").point(lambda value: value * (1 / 256))
    plain = image.convert("RGBA" if transparent else "L" if image.mode in ("1", "L", "I") else "RGB")
    plain.info = {}  # comments, profiles, camera, place: nothing follows
    return plain


def redrawn(content: bytes, media_type: str, limits: dict[str, int]) -> bytes:
    image = opened(content, media_type, limits)
    if media_type == "image/jpeg" and image.mode == "RGBA":
        image = image.convert("RGB")
    kept = BytesIO()
    options = {"image/jpeg": {"quality": 92}, "image/png": {"optimize": False}, "image/webp": {"quality": 92}}
    image.save(kept, IMAGES[media_type], **options[media_type])
    return kept.getvalue()


def pages_of(content: bytes, limits: dict[str, int]) -> int:
    """How many pages a PDF has; refused when it opens with a password, carries files, or has no end."""
    with document(content) as pdf:
        count = len(pdf)
        if count == 0:
            raise FileRefused("broken")
        if count > limits["pages"]:
            raise FileRefused("pages")
        if pdf.count_attachments():
            raise FileRefused("carries_files")
        pdf[0].get_size()
        return count


def document(content: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise FileRefused("password" if error.err_code == PASSWORD_NEEDED else "broken") from error


def page(content: bytes, media_type: str, number: int, limits: dict[str, int]) -> tuple[dict[str, Any], bytes]:
    """A picture of page `number`, from 1, its longer edge at most `edge` pixels."""
    edge = limits["edge"]
    if media_type == "application/pdf":
        with document(content) as pdf:
            leaf = pdf[number - 1]
            longest = max(*leaf.get_size(), 1)
            image = leaf.render(scale=min(edge / longest, 2)).to_pil()
    else:
        image = opened(content, media_type, limits)
        image.thumbnail((edge, edge))
    photo = media_type in ("image/jpeg", "image/webp") and image.mode != "RGBA"
    shown = BytesIO()
    image.save(shown, "JPEG" if photo else "PNG")
    return {"type": "image/jpeg" if photo else "image/png"}, shown.getvalue()


def main(arguments: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the content
    verb, limits = arguments[0], json.loads(arguments[-1])
    content = sys.stdin.buffer.read()
    try:
        if verb == "check":
            answer, kept = check(content, arguments[1], limits)
        else:
            answer, kept = page(content, arguments[1], int(arguments[2]), limits)
    except FileRefused as refused:
        answer, kept = refused.answer, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


if __name__ == "__main__":
    main(sys.argv[1:])
