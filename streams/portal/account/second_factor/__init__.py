"""Two-factor authentication (django-allauth): its adapter, forms, views and stages."""
