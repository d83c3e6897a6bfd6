"""Scripts that make the sandbox fail on purpose."""
