"""Single sign-on with OpenID Connect: which provider may sign in whom.

django-allauth runs the protocol (streams/portal/sso). The rules are here: a provider vouches
for the email addresses that it is configured for, and an account must already have a reason
to exist: a membership, an invitation, or the status of an operator.
"""
