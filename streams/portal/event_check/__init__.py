"""Checking events that a partner pastes."""
