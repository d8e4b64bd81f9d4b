"""Static files as browsers keep them: names with digests, compressed once, cached for ever; as they are in a source tree.

`jiangyuan up` gathers them below its home. Where nothing was gathered (tests, a tool), names stay plain and the files
come from the apps' own folders.
"""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Names that carry a digest where the files were gathered, plain names elsewhere."""

    def read_manifest(self) -> str | None:
        """Give the list of gathered files; none where there is no folder for them."""
        return super().read_manifest() if self.location else None

    def stored_name(self, name: str) -> str:
        """Give the name under which a file is served; one that was not gathered keeps its own."""
        return self.hashed_files.get(self.hash_key(self.clean_name(name)), name)
