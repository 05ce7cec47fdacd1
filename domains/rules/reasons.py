"""Why a check is not green: the closed list of codes. Pure.

The facts of each are typed in `why.py`, what may stand beside any of them in `beside.py`; sentences are made in
`diagnostics/show`.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    # Nobody can tell (unknown)
    FAILURE = "failure"  # a question brought no answer
    SEE_NS = "see-ns"  # the zone itself is at fault
    HOME_UNREACHABLE = "home-unreachable"  # red at the resolvers, own servers silent
    HOME_NOT_FOUND = "home-not-found"  # red at the resolvers, nobody knows the own servers or an address
    REGISTRY_SILENT = "registry-silent"  # no such name at the resolvers, its registry silent
    SERVERS_DIFFER = "servers-differ"  # own name servers differ and no serial tells who is right
    NOT_SETTLED = "not-settled"  # own servers that answer say red, the primary is silent
    PROOF_NOT_AT_HOME = "proof-not-at-home"  # resolvers see the token, own name servers could not be asked
    PLATFORM_AT_FAULT = "platform-at-fault"  # the domain is right, the platform's own record is not

    # On its way (propagating)
    PROPAGATING = "propagating"  # own name servers right, resolvers old
    LAGGING = "lagging"  # some own name servers have an older zone that is not right

    # MX
    MX_MISSING = "mx-missing"
    MX_INCOMPLETE = "mx-incomplete"  # some of the platform's hosts are absent
    MX_FOREIGN = "mx-foreign"
    MX_NULL = "mx-null"
    MX_IS_ADDRESS = "mx-is-address"
    MX_IS_CNAME = "mx-is-cname"
    MX_OTHER_NAME = "mx-other-name"  # the platform's servers under names that are not the platform's
    MX_TARGET_MISSING = "mx-target-missing"
    MX_ALL_DEAD = "mx-all-dead"  # split domain: no host of the other system has an address
    MX_ORDER = "mx-order"  # the platform's hosts are there in another order
    NAME_IS_ALIAS = "name-is-alias"  # the domain's name is a CNAME, so nothing can stand beside it
    ALIAS_CIRCLE = "alias-circle"  # the domain's name is an alias that leads in a circle
    UNDER_DNAME = "under-dname"  # a DNAME above the name leaves no room for records

    # SPF
    SPF_MISSING = "spf-missing"
    SPF_SEVERAL = "spf-several"
    SPF_ERROR = "spf-error"  # permanent error
    SPF_PLATFORM_FAILS = "spf-platform-fails"
    SPF_PLUS_ALL = "spf-plus-all"

    # DKIM
    DKIM_MISSING = "dkim-missing"
    DKIM_OTHER_KEY = "dkim-other-key"
    DKIM_BESIDE = "dkim-beside"  # our key, and other texts at the same name
    DKIM_REVOKED = "dkim-revoked"
    DKIM_SYNTAX = "dkim-syntax"

    # SRV
    SRV_MISSING = "srv-missing"
    SRV_OTHER_TARGET = "srv-other-target"
    SRV_DENIED = "srv-denied"  # the target `.`: no such service (RFC 2782)
    SRV_LEFTOVER = "srv-leftover"
    SRV_PORT = "srv-port"  # our server, at another port
    SRV_INDIRECT = "srv-indirect"  # a name that leads to our server by an alias or an address
    SRV_OTHER_HALF = "srv-other-half"  # split domain: the other half's servers
    FLATTENED = "flattened"  # addresses where an alias should stand

    # DMARC
    DMARC_MISSING = "dmarc-missing"
    DMARC_SEVERAL = "dmarc-several"
    DMARC_SYNTAX = "dmarc-syntax"

    # CNAME
    CNAME_MISSING = "cname-missing"
    CNAME_BY_WILDCARD = "cname-by-wildcard"  # a wildcard leads to our host, for this token as for any other
    CNAME_OTHER_TARGET = "cname-other-target"
    CNAME_WITH_OTHER_DATA = "cname-with-other-data"

    # TARGET
    TARGET_UNRESOLVED = "target-unresolved"  # no such name
    TARGET_NO_ADDRESS = "target-no-address"  # unknown: the name is there, without an address
    TARGET_LOOPS = "target-loops"
    TARGET_REFUSES = "target-refuses"
    TARGET_SILENT = "target-silent"  # unknown: no SMTP conversation came about

    # NS
    NS_NOT_DELEGATED = "ns-not-delegated"
    NS_DNSSEC_BOGUS = "ns-dnssec-bogus"
    NS_DISAGREE = "ns-disagree"
    NS_SERVERS_DIFFER = "ns-servers-differ"  # not for long yet

    # Off
    OFF_VERIFIED = "off-verified"  # the right to the name is proven; its record is not needed any more
    OFF_NO_TOKEN = "off-no-token"  # noqa: S105  # not attached: no token is asked for
    OFF_NO_KEYS = "off-no-keys"  # no DKIM key of ours
    OFF_NO_TARGET = "off-no-target"
    OFF_TOO_LONG = "off-too-long"  # the name where the record would stand cannot exist
    OFF_AUTHORITATIVE = "off-authoritative"  # a target is for split domains only
