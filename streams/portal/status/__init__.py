"""The status of a delivery on all pages, decided in one place.

`loading` reads a `Snapshot`, and `decision` turns it into a `ConnectionStatus`.
"""
