"""What the portal is held against, measured in the same run: small, and as good as its kind."""
