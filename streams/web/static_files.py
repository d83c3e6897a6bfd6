"""Static files under names that contain their hash, so that browsers load each version once."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """`collectstatic` writes each file under its hash, and compressed.

    Where it has not run, as in the first run and in tests, pages link the files by their plain
    names, and WhiteNoise serves them from their folders.
    """

    def stored_name(self, name: str) -> str:
        """Return the name with the hash, or the plain name if there is none."""
        hashed: str = self.hashed_files.get(self.hash_key(self.clean_name(name)), name)
        return hashed
