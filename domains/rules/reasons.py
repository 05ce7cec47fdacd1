"""Why a check is not green: the closed list of codes that `Verdict.reason` holds. Pure.

Sentences live in `sentences.py`. Each code says which facts come with it (JSON values in `Verdict.facts`). Beside
those, any verdict may carry:

confirmed    bool: what is red was seen at the domain's own name servers (False: "not confirmed at home")
unheard      where confirmed is False: own name servers that did not tell; empty where none could be found
doubled      list of names published with the domain's name twice
until        ISO date: hosts of the platform's previous names are accepted until then
lame         own name servers ("host (address)") that the parent delegates to but that do not know the zone, or hosts
             that do not exist
gone         name servers that the parent delegates to and that do not exist
ns_above     name servers that only the parent names; ns_here: those that only the zone itself names
removed      tags of a DMARC record that RFC 9989 removed
zone_below   zone cut off below the domain's own, which the changes belong into; zone_below_servers: its hosts
left         on MX of a split domain, beside fixes: aliases of the other system that these do not mend; left_targets:
             where they lead
undotted     list of hosts: ours, with the zone's name behind them
circle       name of an alias that leads in a circle
others       True where what is wrong belongs to the other half of a split domain
ambiguous    True where what was meant can be several things, so that there is no fix
changes      on SPF: what the fix does to the record: list of kind (ChangeKind), term, into
ambiguous    on SPF, where fixes are empty: list of code (AmbiguityCode), term, readings (what may have been meant)
slip         on SPF, beside `fault`: ChangeKind or AmbiguityCode, what is amiss with the term
senders      on SPF: 4 or 6, where only senders on that IP version run into the error
ignored      on SPF: list of term, meant: modifiers that were meant as mechanisms (`include=`)
tags         on DMARC: list of code (DmarcNoteCode), tag, value: what is amiss in the record
policy_changes  on DMARC: what the fix does: list of kind (PolicyChangeKind), tag, old, new
meant_policy    on DMARC: the policy that was asked for but not in effect, to be offered apart; meant_record: its record
alias        on DMARC: a `_dmarc` name that is an alias of target, which has no policy
about        "name type": the question that the witnesses answered
proof        on CNAME. True: the token was seen at the delegated name servers; only then a domain may be verified
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    # Nobody can tell (unknown)
    FAILURE = "failure"  # a question brought no answer: failure (Failure code), name, type, detail
    SEE_NS = "see-ns"  # the zone itself is at fault: nothing else can be judged
    HOME_UNREACHABLE = "home-unreachable"  # red at the resolvers, own servers silent: then (Reason), wait, servers,
    # failure (of the first of them)
    HOME_NOT_FOUND = "home-not-found"  # red at the resolvers, nobody knows the own servers or an address: then, wait
    REGISTRY_SILENT = "registry-silent"  # no such name at the resolvers, its registry silent: zone, then, wait
    SERVERS_DIFFER = "servers-differ"  # own name servers differ and no serial tells who is right: servers
    NOT_SETTLED = "not-settled"  # own servers that answer say red, the primary is silent: then, wait, servers
    PROOF_NOT_AT_HOME = "proof-not-at-home"  # resolvers see the token, own name servers could not be asked
    PLATFORM_AT_FAULT = "platform-at-fault"  # the domain is right, the platform's own record is not: name

    # On its way (propagating)
    PROPAGATING = "propagating"  # own name servers right, resolvers old: then (what the old copy says, a Reason)
    LAGGING = "lagging"  # some own name servers have an older zone that is not right: servers, serial (the newest)

    # MX. Always: accounts (configured here), moves_mail (bool: mail now goes elsewhere and the fix brings it here)
    MX_MISSING = "mx-missing"
    MX_INCOMPLETE = "mx-incomplete"  # some of the platform's hosts are absent: hosts
    MX_FOREIGN = "mx-foreign"  # hosts
    MX_NULL = "mx-null"
    MX_IS_ADDRESS = "mx-is-address"  # hosts
    MX_IS_CNAME = "mx-is-cname"  # hosts, targets
    MX_OTHER_NAME = "mx-other-name"  # the platform's servers under names that are not the platform's: hosts
    MX_TARGET_MISSING = "mx-target-missing"  # hosts
    MX_ALL_DEAD = "mx-all-dead"  # split domain: no host of the other system has an address: hosts, others
    MX_ORDER = "mx-order"  # the platform's hosts are there in another order
    NAME_IS_ALIAS = "name-is-alias"  # the domain's name is a CNAME, so nothing can stand beside it: name, target
    ALIAS_CIRCLE = "alias-circle"  # the domain's name is an alias that leads in a circle: name, target
    UNDER_DNAME = "under-dname"  # a DNAME above the name leaves no room for records: name, target

    # SPF
    SPF_MISSING = "spf-missing"
    SPF_SEVERAL = "spf-several"  # count
    SPF_ERROR = "spf-error"  # permanent error: problem (Problem), owner, term, position, fault (FaultCode or null)
    SPF_PLATFORM_FAILS = "spf-platform-fails"  # addresses, result (SPF result of the first of them)
    SPF_PLUS_ALL = "spf-plus-all"  # owner, term
    # With SPF_MISSING maybe misspelt: texts that were meant as an SPF record
    # Beside those, of the whole tree: faults (problem, owner, term, position each); where it costs too much: lookups,
    # voids, costs ("term (look-ups)", the dearest first), crowded ("mx term (names)", those with too many)
    # Where fixes are empty for SPF: beyond (Problem) says what the mended record would run into.

    # DKIM
    DKIM_MISSING = "dkim-missing"  # selectors; alias, target
    DKIM_OTHER_KEY = "dkim-other-key"  # selectors
    DKIM_BESIDE = "dkim-beside"  # our key, and other texts at the same name: selectors, beside
    DKIM_REVOKED = "dkim-revoked"  # selectors
    DKIM_SYNTAX = "dkim-syntax"  # selectors, obstacles

    # SRV
    SRV_MISSING = "srv-missing"  # names
    SRV_OTHER_TARGET = "srv-other-target"  # names, hosts
    SRV_DENIED = "srv-denied"  # the target `.`: no such service (RFC 2782): names
    SRV_LEFTOVER = "srv-leftover"  # names, hosts
    SRV_PORT = "srv-port"  # our server, at another port: names, hosts, ports (found), port (right)
    SRV_INDIRECT = "srv-indirect"  # a name that leads to our server by an alias or an address: names, hosts, ends
    SRV_OTHER_HALF = "srv-other-half"  # split domain: the other half's servers: names, hosts, others
    FLATTENED = "flattened"  # addresses where an alias should stand: names, addresses, servers (of the zone)

    # DMARC
    DMARC_MISSING = "dmarc-missing"
    DMARC_SEVERAL = "dmarc-several"  # name, count
    DMARC_SYNTAX = "dmarc-syntax"  # name

    # CNAME
    CNAME_MISSING = "cname-missing"
    CNAME_BY_WILDCARD = "cname-by-wildcard"  # a wildcard leads to our host, for this token as for any other
    CNAME_OTHER_TARGET = "cname-other-target"  # target; wildcard
    CNAME_WITH_OTHER_DATA = "cname-with-other-data"  # types

    # TARGET
    TARGET_UNRESOLVED = "target-unresolved"  # no such name: host
    TARGET_NO_ADDRESS = "target-no-address"  # unknown: the name is there, without an address: host
    TARGET_LOOPS = "target-loops"  # host, by: "name" or "address", with (our host)
    TARGET_REFUSES = "target-refuses"  # host, code, enhanced
    TARGET_SILENT = "target-silent"  # unknown: no SMTP conversation came about: host, outcome

    # NS
    NS_NOT_DELEGATED = "ns-not-delegated"  # zone (that would hold the name)
    NS_DNSSEC_BOGUS = "ns-dnssec-bogus"  # errors (extended DNS error codes)
    NS_DISAGREE = "ns-disagree"  # servers, each as "host (address)"; questions, each as "name type"
    NS_SERVERS_DIFFER = "ns-servers-differ"  # the same, not for long yet

    # Off
    OFF_VERIFIED = "off-verified"  # the right to the name is proven; its record is not needed any more
    OFF_NO_TOKEN = "off-no-token"  # noqa: S105  # not attached: no token is asked for
    OFF_NO_KEYS = "off-no-keys"  # no DKIM key of ours
    OFF_NO_TARGET = "off-no-target"
    OFF_TOO_LONG = "off-too-long"  # the name where the record would stand cannot exist
    OFF_AUTHORITATIVE = "off-authoritative"  # a target is for split domains only
