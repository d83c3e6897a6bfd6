"""Tools to write a plan: from received events, from examples, and by hand."""
