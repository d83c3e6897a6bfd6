"""Tools to write a plan: from templates, received events and examples, and by hand."""
