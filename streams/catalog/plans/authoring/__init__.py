"""Tools to write a plan: from received events, from the Spec, and by hand."""
