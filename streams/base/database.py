from __future__ import annotations

from django.db import InterfaceError, InternalError, OperationalError

# The database cannot do its work now, whatever it was asked: it is away, its disk is
# full, or (InternalError) it takes no writes, as a standby or a hosted one without room.
DATABASE_DOWN = (OperationalError, InterfaceError, InternalError)
