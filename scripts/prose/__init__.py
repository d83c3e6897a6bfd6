"""Prose linter: finds words that the glossary replaces and sentences that read as translated.

Vale was tried first: its PyPI and npm packages download the program from elsewhere when
they first run, so it cannot be locked by hash or run offline. proselint and textlint know
neither templates nor gettext. The rules and their scope are in rules.toml.
"""
