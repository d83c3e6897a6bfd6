"""Sign-in and password pages (django-allauth)."""
