"""Captioned motions → checkpoint."""
