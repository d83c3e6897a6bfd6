"""A workspace's pages: overview, events, attempts and issues."""
