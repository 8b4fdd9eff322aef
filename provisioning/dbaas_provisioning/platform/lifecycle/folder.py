"""A dump on the disk: a folder of two files, or a tar file of them.

``archive`` is what the engine's own program wrote. ``manifest.json`` says of what it is and how it has to read: what
does not is never handed to a program. Nothing in a manifest is believed beyond its form.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ...copies import Contents, Extension
from ...errors import Invalid

__all__ = ["ARCHIVE", "MANIFEST", "Manifest", "open_archive", "pack", "packed_size", "read_manifest", "seal", "unpack"]

FORMAT = "jupyter-dbaas dump 1"
MANIFEST, ARCHIVE = "manifest.json", "archive"
LONGEST_MANIFEST = 16 * 1024 * 1024
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dump is of."""

    database: str
    engine: str
    exposure: str
    contents: Contents
    made_at: datetime
    size_bytes: int
    sha256: str


def seal(folder: Path, database: str, engine: str, exposure: str, contents: Contents, made_at: datetime) -> Manifest:
    """Write the manifest of the archive that is in the folder, and put both on the disk. Blocks."""
    with (folder / ARCHIVE).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = os.fstat(stream.fileno()).st_size
    manifest = Manifest(database, engine, exposure, contents, made_at, size, digest)
    text = json.dumps(
        {
            "format": FORMAT,
            "database": database,
            "engine": engine,
            "exposure": exposure,
            "made_at": made_at.isoformat(),
            **asdict(contents),
            "files": {ARCHIVE: {"size_bytes": size, "sha256": digest}},
        },
        indent=2,
    )
    with (folder / MANIFEST).open("w", encoding="utf-8") as writing:
        writing.write(text + "\n")
        writing.flush()
        os.fsync(writing.fileno())
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Raises ``Invalid`` (``dump_unknown``) for what is no dump of ours."""
    try:
        with (folder / MANIFEST).open("rb") as stream:
            raw = stream.read(LONGEST_MANIFEST + 1)
        found = json.loads(raw) if len(raw) <= LONGEST_MANIFEST else None
        if not isinstance(found, dict) or found["format"] != FORMAT:
            raise ValueError("format")
        archive = found["files"][ARCHIVE]
        contents = Contents(
            _text(found["server_version"]),
            tuple(_text(each) for each in found["schemas"]),
            tuple(_text(each) for each in found["left_out"]),
            tuple(Extension(*(_text(each[name]) for name in ("name", "version", "schema")))
                  for each in found["extensions"]),
            _text(found["owner"]),
            int(found["tables"]),
            tuple(_text(each) for each in found.get("withheld", [])),
        )  # fmt: skip
        int(contents.major)
        return Manifest(
            _text(found["database"]), _text(found["engine"]), _text(found["exposure"]), contents,
            datetime.fromisoformat(_text(found["made_at"])), int(archive["size_bytes"]), _text(archive["sha256"]),
        )  # fmt: skip
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        raise Invalid(
            "dump_unknown", "This is no dump of this platform.", hint="`dbaas dump` makes one; it has a manifest.json."
        ) from None


def open_archive(folder: Path, manifest: Manifest) -> int:
    """A descriptor of the archive, of which every byte was checked. Blocks. Raises ``Invalid`` (``dump_damaged``)."""
    try:
        descriptor = os.open(folder / ARCHIVE, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise Invalid("dump_damaged", "The dump's archive cannot be read.", details=error.strerror) from None
    with open(descriptor, "rb", closefd=False) as stream:
        whole = os.fstat(descriptor).st_size == manifest.size_bytes
        if not whole or hashlib.file_digest(stream, "sha256").hexdigest() != manifest.sha256:
            os.close(descriptor)
            raise Invalid(
                "dump_damaged", "The dump is not as it was made: its checksum is another.", hint="Use another copy."
            )
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def packed_size(folder: Path) -> int:
    """How many bytes :func:`pack` gives."""
    sizes = [(folder / name).stat().st_size for name in (MANIFEST, ARCHIVE)]
    return sum(tarfile.BLOCKSIZE + -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE for size in sizes) + (
        2 * tarfile.BLOCKSIZE
    )


def pack(folder: Path) -> Iterator[bytes]:
    """The folder as a tar file, a piece at a time. Blocks."""
    for name in (MANIFEST, ARCHIVE):
        with (folder / name).open("rb") as stream:
            entry = tarfile.TarInfo(name)
            status = os.fstat(stream.fileno())
            entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o600
            yield entry.tobuf(tarfile.GNU_FORMAT)
            while chunk := stream.read(CHUNK):
                yield chunk
            yield b"\0" * (-entry.size % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def unpack(file: Path, folder: Path) -> None:
    """A tar file's two members into a folder; whatever else is in it is refused. Blocks.

    Raises ``Invalid``: ``dump_unknown``, ``file_not_readable``.
    """
    try:
        with tarfile.open(file, "r:") as packed:
            for entry in packed:
                if entry.name not in (MANIFEST, ARCHIVE) or not entry.isreg() or (folder / entry.name).exists():
                    raise _no_dump()
                source = packed.extractfile(entry)
                assert source is not None
                with (folder / entry.name).open("xb") as target:
                    while chunk := source.read(CHUNK):
                        target.write(chunk)
    except tarfile.TarError:
        raise _no_dump() from None
    except OSError as error:
        raise Invalid("file_not_readable", f"Cannot read {file}.", details=error.strerror) from None


def _no_dump() -> Invalid:
    return Invalid("dump_unknown", "This file is no dump of this platform.", hint="`dbaas dump` makes one.")


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text")
    return value
