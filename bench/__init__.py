"""The benchmark: the whole portal under load, measured at what Segment received."""
