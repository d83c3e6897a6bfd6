"""Feeds, connections, delivery attempts, replays and halts."""
