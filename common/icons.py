"""The icon sprite, built from the vendored icons: `python -m common.icons` after adding one."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "static"
ICONS = ROOT / "vendor" / "bootstrap-icons-1.13.2" / "icons"
SPRITE = ROOT / "icons.svg"


def build(folder: Path = ICONS) -> str:
    """The text of a sprite with one <symbol> per file of `folder`, named as the file."""
    symbols = []
    for path in sorted(folder.glob("*.svg")):
        match = re.search(r"<svg[^>]*viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
        if match is None:
            raise ValueError(f"{path.name} is not an icon with a viewBox")
        shapes = re.sub(r"\s*\n\s*", "", match[2].strip())
        symbols.append(f'<symbol id="{path.stem}" viewBox="{match[1]}">{shapes}</symbol>')
    notice = "<!-- Bootstrap Icons, MIT licence: see vendor/bootstrap-icons-1.13.2/LICENSE -->"
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', notice, *symbols, "</svg>"]) + "\n"


if __name__ == "__main__":
    SPRITE.write_text(build())
