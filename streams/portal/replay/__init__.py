"""A workspace's replays."""
