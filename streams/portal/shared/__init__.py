"""What several sections of the portal share: access, form fields, and navigation."""
