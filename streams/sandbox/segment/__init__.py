"""Segment's rules: sources, the limits of bodies, messages and the Tracking API."""
