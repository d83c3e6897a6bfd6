"""Checking text that a person pasted."""
