"""Search a feed's log: what matches, where to look, and one bounded step of a search."""
