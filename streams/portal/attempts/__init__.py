"""Delivery attempts: the list, the inspector of one, and errors grouped by fault."""
