"""The drain of one stream: what is due, whose turn it is, how fast, and what to record."""
