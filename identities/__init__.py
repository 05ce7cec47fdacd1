"""Signing in by OpenID Connect: at the operator's own provider, and at those of organizations."""
