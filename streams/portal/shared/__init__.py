"""Parts that several sections of the portal use: access, form fields, and navigation."""
