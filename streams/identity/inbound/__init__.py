"""Facts from events of Segment, and the addresses that receive them."""
