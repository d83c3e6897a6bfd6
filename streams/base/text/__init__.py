"""Text that people enter, and Markdown."""
