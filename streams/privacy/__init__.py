"""The rights of a person in a workspace: their data is erased everywhere."""
