"""Single sign-on: django-allauth's OpenID Connect with the portal's rules, and its pages."""
