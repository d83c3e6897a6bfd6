"""The benchmark: the whole portal under load, measured by the events that Segment received."""
