"""A workspace's connection page."""
