"""A stream's launch checklist and QA."""
