"""Words for what went wrong at an identity provider."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from domains.sentences import PROVIDER_ERRORS

SENTENCES: dict[str, Any] = {
    "other-issuer": _("The description at this address is of another issuer. Copy the issuer exactly as it is there."),
    "bad-description": _("The description at this address is incomplete, or names addresses without https."),
    "no-provider": _("This way of signing in is not in use."),
    "refused": _("The identity provider refused. The client ID, the secret or the redirect address may be wrong."),
    "wrong-audience": _("The identity provider's answer was meant for another application."),
    "wrong-issuer": _("The answer was issued by another identity provider."),
    "wrong-nonce": _("The answer belongs to another sign-in. Start again."),
    "expired": _("The answer has expired. Check the clock of the identity provider."),
    "unknown-key": _("The answer is signed with a key that the identity provider does not publish."),
    "bad-token": _("The identity provider's answer is not valid."),
    "server-error": _("The identity provider did not answer as OpenID Connect says."),
    "given-up": _("The identity provider did not answer."),
    "credentials": _("The identity provider refused. The client ID, the secret or the redirect address may be wrong."),
}


def sentence(code: str) -> str:
    return str(SENTENCES.get(code) or PROVIDER_ERRORS.get(code) or SENTENCES["server-error"])
