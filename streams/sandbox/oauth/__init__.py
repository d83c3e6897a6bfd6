"""The sandbox's OAuth token endpoint."""
