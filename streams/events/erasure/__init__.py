"""Erased people: what is left of their events, and the progress of erasing them."""
