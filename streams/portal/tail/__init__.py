"""Live tail: events, delivery attempts and requests as they arrive.

A page polls once a second with a cursor, while it is visible. A poll reads only the newest
rows, and those of a partner are shared by all its open tails, so many tails cost little.
"""
