"""An operator's notices about alerts of the portal: their inbox, and how they get them."""
