"""What the portal says about the delivery of a feed, decided in one place.

`loading` reads a `Snapshot`, and `decision` turns it into a `ConnectionStatus`.
"""
