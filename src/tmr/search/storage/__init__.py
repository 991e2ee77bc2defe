"""What an index keeps on disk: a manifest, append-only segments, and a lock for the one writer."""
