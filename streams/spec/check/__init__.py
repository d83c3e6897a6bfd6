"""The whole check of an event: decoded, as sent, or pasted by a person."""
