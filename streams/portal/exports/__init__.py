"""Exports of a workspace: files with the rows of filtered lists."""
