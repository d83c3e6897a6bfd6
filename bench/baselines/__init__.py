"""The baselines of the portal, measured in the same run: small, and good of their kind."""
