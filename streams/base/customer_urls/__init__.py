"""Requests to URLs that customers enter. They may be hostile, or belong to someone else.

`urls` refuses everything but https and a public name, `addresses` says which addresses are
public, and `client` connects to exactly the address that was checked.
"""
