"""The words for every status, failure, reason and problem. `sentences.py` fills in the facts."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from domains.lookup.answers import Failure
from domains.records import Kind
from domains.rules.reasons import Reason
from domains.rules.verdicts import Problem, Status


class Words(NamedTuple):
    """`says`: what is the case, in one sentence. `follows`: what follows from it and what to do."""

    says: Any
    follows: Any = ""


STATUS_WORDS = {
    Status.OK: _("OK"),
    Status.WRONG: _("wrong"),
    Status.MISSING: _("missing"),
    Status.PROPAGATING: _("propagating"),
    Status.UNKNOWN: _("unknown"),
    Status.OFF: _("not checked"),
}

FAILURES = {
    Failure.TIMEOUT: _("no answer came in time"),
    Failure.SERVFAIL: _("the resolver could not get an answer (SERVFAIL)"),
    Failure.REFUSED: _("the server refused to answer"),
    Failure.BOGUS: _("the answer failed DNSSEC validation"),
    Failure.LAME: _("the server is not responsible for the zone, though it should be"),
    Failure.MALFORMED: _("the answer could not be read"),
    Failure.TRUNCATED: _("the answer was too long and could not be fetched over TCP"),
    Failure.UNREACHABLE: _("the server cannot be reached"),
    Failure.FORBIDDEN: _("the server's address is not public, so it was not asked"),
    Failure.LIMIT: _("the server gave no usable answer, and one check sends only so many questions to such servers"),
    Failure.CHAIN: _("the aliases lead in a circle or on for too long"),
    Failure.OTHER: _("the server answered with an error"),
}

_SECOND_LOOK = _("If the resolvers still say the same at the next check, this turns red: %(then)s")
_MX_LOST = _("Mail that another server takes never reaches the mailboxes here.")

REASONS: dict[str, Words] = {
    Reason.FAILURE: Words(
        _("Could not check: %(failure)s."),
        _("This does not mean that a record is missing. The panel will check again automatically."),
    ),
    Reason.SEE_NS: Words(
        _("Cannot be checked while the zone itself is faulty: see NS."),
        _("First fix what NS says; this check then updates automatically."),
    ),
    Reason.HOME_UNREACHABLE: Words(
        _(
            "The domain's authoritative servers gave no usable answer (%(failure)s), so the resolvers' answers are "
            "not confirmed yet."
        ),
        _SECOND_LOOK,
    ),
    Reason.HOME_NOT_FOUND: Words(
        _("The domain's authoritative servers could not be found, so the resolvers' answers are not confirmed yet."),
        _SECOND_LOOK,
    ),
    Reason.REGISTRY_SILENT: Words(
        _(
            "The name servers of %(zone)s, where the name would be delegated, gave no usable answer, so the "
            "resolvers' answers are not confirmed yet."
        ),
        _SECOND_LOOK,
    ),
    Reason.SERVERS_DIFFER: Words(
        _("The domain's name servers give different answers, and their serial numbers do not show which is right."),
        _("Servers: %(servers)s. Their administrator should make them agree."),
    ),
    Reason.NOT_SETTLED: Words(
        _("Some name servers of the domain did not answer, so it is not certain what the zone says."),
        _("Those that answered say: %(then)s"),
    ),
    Reason.PROOF_NOT_AT_HOME: Words(
        _("The resolvers see the record, but the domain's authoritative servers could not be asked."),
        _("A name can be verified only at its authoritative servers. The panel will check again automatically."),
    ),
    Reason.PLATFORM_AT_FAULT: Words(
        _("The domain's record is right, but the platform's own record %(name)s is not."),
        _("There is nothing to do at the domain: the operator must fix the platform's DNS."),
    ),
    Reason.PROPAGATING: Words(
        _("Correct on the domain's authoritative servers; resolvers still have the old copy."),
        _("There is nothing left to do: the old copies will expire."),
    ),
    Reason.LAGGING: Words(
        _("The zone is right, but some name servers have not loaded it yet: %(servers)s."),
        _("They usually follow within minutes. If they do not, their administrator should check the zone transfer."),
    ),
    Reason.MX_MISSING: Words(
        _("No mail server is named for this domain."),
        _("Mail to it does not arrive here. Add the records below."),
    ),
    Reason.MX_INCOMPLETE: Words(
        _("Some mail servers of the platform are not named: %(hosts)s."),
        _("Mail is lost or delayed whenever the others are away. Add those below."),
    ),
    Reason.MX_FOREIGN: Words(_("Mail goes to servers of another system: %(hosts)s."), _MX_LOST),
    Reason.MX_NULL: Words(
        _("The domain says that it takes no mail at all (null MX)."),
        _("Senders give up at once. Replace the record by those below."),
    ),
    Reason.MX_IS_ADDRESS: Words(
        _("An MX record holds an address instead of a host name: %(hosts)s."),
        _("Senders cannot use it. An MX record must name a host."),
    ),
    Reason.MX_IS_CNAME: Words(
        _("An MX record names an alias: %(hosts)s."),
        _(
            "Many senders refuse that: an MX record must name the host itself. Name the one that it leads to "
            "(%(targets)s), or have the alias replaced by addresses."
        ),
    ),
    Reason.MX_OTHER_NAME: Words(
        _("The platform's mail servers are listed under names that are not their own: %(hosts)s."),
        _("Mail stops as soon as the servers' addresses change. Name them as below."),
    ),
    Reason.MX_TARGET_MISSING: Words(
        _("An MX record names a host that does not exist: %(hosts)s."),
        _("Mail for it waits and bounces."),
    ),
    Reason.MX_ALL_DEAD: Words(
        _("Mail goes nowhere: no server that the MX records name has an address (%(hosts)s)."),
        _("The other system's administrators know the right server: ask them to publish it."),
    ),
    Reason.MX_ORDER: Words(
        _("The platform's mail servers have the wrong order of priority."),
        _("Mail takes a detour. Put them in the order below."),
    ),
    Reason.NAME_IS_ALIAS: Words(
        _("%(name)s is an alias (CNAME) of %(target)s, so no other record can exist beside it."),
        _(
            "Put the addresses that it leads to in its place, so that web pages stay where they are; then publish the "
            "records below."
        ),
    ),
    Reason.ALIAS_CIRCLE: Words(
        _("%(name)s is an alias (CNAME) of %(target)s, and the aliases lead in a circle: nothing is found there."),
        _("Remove the alias, or point it to a host that exists, and publish the required records."),
    ),
    Reason.UNDER_DNAME: Words(
        _("Everything below %(name)s is redirected (DNAME) to %(target)s, so no record can exist there."),
        _("The DNS administrator must remove that redirection first."),
    ),
    Reason.SPF_MISSING: Words(
        _("No SPF record says who may send for this domain."),
        _("Mail sent from here is more likely to be refused or marked as spam."),
    ),
    Reason.SPF_SEVERAL: Words(
        _("There are several SPF records (%(count)s); only one is allowed."),
        _("Receivers treat this as an error and ignore all of them. Merge them into one, as below."),
    ),
    Reason.SPF_ERROR: Words(
        _("The SPF record is in error at %(term)s (in the record of %(owner)s): %(problem)s."),
        _("Receivers treat this as a permanent error, regardless of the rest of the record."),
    ),
    Reason.SPF_PLATFORM_FAILS: Words(
        _("The SPF record does not let the platform send from %(addresses)s."),
        _("Mail sent from here is more likely to be refused. Everything the record allows now stays allowed."),
    ),
    Reason.SPF_PLUS_ALL: Words(
        _("The SPF record allows the whole world to send (%(term)s in the record of %(owner)s)."),
        _("Anyone can forge mail from this domain. Close the record as below."),
    ),
    Reason.DKIM_MISSING: Words(
        _("The key that proves our signatures is not published (%(selectors)s)."),
        _("Receivers cannot verify mail sent from here. Add the record below."),
    ),
    Reason.DKIM_OTHER_KEY: Words(
        _("A key is published that is not the one that signs (%(selectors)s)."),
        _("Signatures of mail sent from here fail. Replace the key as below."),
    ),
    Reason.DKIM_REVOKED: Words(
        _("The published key is empty, which means revoked (%(selectors)s)."),
        _("Every signature of mail sent from here fails. Publish the key below."),
    ),
    Reason.DKIM_SYNTAX: Words(
        _("The published key cannot be used (%(selectors)s)."),
        _("Receivers cannot verify mail sent from here. Replace the record as below."),
    ),
    Reason.DKIM_BESIDE: Words(
        _("There are other texts beside the key that signs (%(selectors)s): %(beside)s."),
        _("Receivers may read either one, so signatures fail at random. Remove all but the key."),
    ),
    Reason.SRV_MISSING: Words(
        _("Mail programs cannot find their settings. Missing: %(names)s."),
        _("People have to type server names by hand. Add the records below."),
    ),
    Reason.SRV_OTHER_TARGET: Words(
        _("%(names)s sends mail programs to another server (%(hosts)s)."),
        _("They are set up with the wrong server and cannot sign in. Point the records here."),
    ),
    Reason.SRV_DENIED: Words(
        _("%(names)s says that there is no such service."),
        _("Mail programs stop searching, and people have to type server names by hand. Point the record here."),
    ),
    Reason.SRV_LEFTOVER: Words(
        _("A record of an earlier provider is left over: %(names)s leads to %(hosts)s."),
        _("Outlook follows it and asks for a password in the wrong place. Remove it."),
    ),
    Reason.SRV_PORT: Words(
        _("%(names)s names the right server (%(hosts)s), but port %(ports)s instead of %(port)s."),
        _("Mail programs connect to the wrong port and cannot sign in. Correct the record as below."),
    ),
    Reason.SRV_INDIRECT: Words(
        _("%(names)s names %(hosts)s, which only leads to %(end)s by an alias or its address."),
        _("The target of an SRV record must be named directly (RFC 2782). Name the server as below."),
    ),
    Reason.SRV_OTHER_HALF: Words(
        _("%(names)s sends mail programs to the other half of this split domain (%(hosts)s)."),
        _("Its users may need that, so nothing has to change. Users of this platform type server names by hand."),
    ),
    Reason.FLATTENED: Words(
        _("The DNS host answers for %(names)s with addresses (%(addresses)s), not with the alias (CNAME)."),
        _(
            "Its proxy or flattening is on for this name. Switch it off at the DNS host (name servers: %(servers)s) "
            "and let it publish the alias itself."
        ),
    ),
    Reason.DMARC_MISSING: Words(
        _("No DMARC policy is published."),
        _("Large receivers expect one. The record below only monitors and changes nothing else."),
    ),
    Reason.DMARC_SEVERAL: Words(
        _("%(name)s has several DMARC records (%(count)s); receivers ignore them all."),
        _("Leave exactly one."),
    ),
    Reason.DMARC_SYNTAX: Words(
        _("The DMARC record at %(name)s is faulty."),
        _("Receivers ignore it."),
    ),
    Reason.CNAME_MISSING: Words(
        _("The record that verifies the domain is not there yet."),
        _("Until it is found, the domain cannot have accounts or receive mail. Add the record below."),
    ),
    Reason.CNAME_BY_WILDCARD: Words(
        _("Only a wildcard record answers at the verification name, which proves nothing."),
        _("Add the record below. The wildcard may stay."),
    ),
    Reason.CNAME_OTHER_TARGET: Words(
        _("The record that verifies the domain leads elsewhere (%(target)s)."),
        _("Point it to the host below."),
    ),
    Reason.CNAME_WITH_OTHER_DATA: Words(
        _("There are other records at the verification name (%(types)s)."),
        _("A CNAME cannot exist beside other records: remove them and add the one below."),
    ),
    Reason.TARGET_UNRESOLVED: Words(
        _("The target server %(host)s does not exist in the DNS."),
        _("Mail for the other system cannot be passed on. Correct the target server, or the DNS of its name."),
    ),
    Reason.TARGET_NO_ADDRESS: Words(
        _("The target server %(host)s has no address."),
        _("Until this is fixed, mail for the other system cannot be passed on."),
    ),
    Reason.TARGET_LOOPS: Words(
        _("The target server %(host)s leads back to this platform (%(with)s)."),
        _("Mail would go round in circles. The target must be the other system's own inbound mail server."),
    ),
    Reason.TARGET_REFUSES: Words(
        _("The target server %(host)s refuses mail for this domain (%(code)s %(enhanced)s)."),
        _("Its administrator must allow it to accept mail for this domain."),
    ),
    Reason.TARGET_SILENT: Words(
        _("The target server %(host)s did not respond as a mail server (%(outcome)s)."),
        _("The panel will try again automatically."),
    ),
    Reason.NS_NOT_DELEGATED: Words(
        _("No zone is delegated for this name (%(zone)s does not know it)."),
        _("The name may be mistyped, expired or not registered yet. No record can be published until it is."),
    ),
    Reason.NS_DNSSEC_BOGUS: Words(
        _("The zone's DNSSEC signatures are not valid."),
        _(
            "Validating resolvers refuse every answer. The DNS administrator must sign the zone again, or remove the "
            "DS record at the registrar."
        ),
    ),
    Reason.NS_DISAGREE: Words(
        _("The domain's name servers have disagreed for too long: %(servers)s."),
        _("A query gets one answer or the other. The DNS administrator must fix the zone transfer between them."),
    ),
    Reason.NS_SERVERS_DIFFER: Words(
        _("The domain's name servers do not agree yet: %(servers)s."),
        _("That is usual for a while after a change."),
    ),
    Reason.OFF_VERIFIED: Words(_("No longer needed: the domain is verified.")),
    Reason.OFF_NO_TOKEN: Words(_("Not checked: the domain is not attached.")),
    Reason.OFF_NO_KEYS: Words(_("Not checked: the domain has no key of ours.")),
    Reason.OFF_NO_TARGET: Words(_("Not checked: no target server is set.")),
    Reason.OFF_TOO_LONG: Words(_("Not checked: the name is too long for a record below it.")),
    Reason.OFF_AUTHORITATIVE: Words(_("Not checked: only a non-authoritative domain has a target server.")),
}

PROBLEMS = {
    Problem.MX_FOREIGN: _("an MX record names a host that is not one of the platform's"),
    Problem.MX_NULL: _("the domain says that it accepts no mail"),
    Problem.MX_TARGET_MISSING: _("an MX record names a host that does not exist"),
    Problem.MX_IS_CNAME: _("an MX record names an alias"),
    Problem.MX_IS_ADDRESS: _("an MX record holds an address"),
    Problem.MX_ORDER: _("the platform's mail servers have the wrong order"),
    Problem.PREVIOUS_HOSTS: _("the records name hosts that the platform is leaving"),
    Problem.SPF_SEVERAL: _("there are several SPF records"),
    Problem.SPF_SYNTAX: _("an SPF record is not well formed"),
    Problem.SPF_LOOKUPS: _("SPF needs more than 10 DNS queries"),
    Problem.SPF_VOID_LOOKUPS: _("more than 2 of SPF's queries find nothing"),
    Problem.SPF_INCLUDE_NONE: _("SPF includes a domain that has no SPF record"),
    Problem.SPF_REDIRECT_NONE: _("SPF redirects to a domain that has no SPF record"),
    Problem.SPF_LOOP: _("SPF includes itself"),
    Problem.SPF_PLATFORM_FAILS: _("SPF does not let the platform send"),
    Problem.SPF_PLUS_ALL: _("SPF lets the whole world send"),
    Problem.SPF_PTR: _("SPF uses ptr, which receivers should ignore"),
    Problem.DKIM_OTHER_KEY: _("another DKIM key is published"),
    Problem.DKIM_REVOKED: _("the DKIM key is revoked"),
    Problem.DKIM_SYNTAX: _("the DKIM record cannot be read"),
    Problem.DKIM_TESTING: _("the DKIM key says that it is only being tested (t=y)"),
    Problem.SRV_OTHER_TARGET: _("mail programs are sent to another server"),
    Problem.SRV_LEFTOVER: _("a record of an earlier provider is left over"),
    Problem.DMARC_SEVERAL: _("there are several DMARC records"),
    Problem.DMARC_SYNTAX: _("the DMARC record is faulty"),
    Problem.DMARC_REMOVED: _("the DMARC record uses tags that the standard has dropped"),
    Problem.CNAME_OTHER_TARGET: _("the verification record leads elsewhere"),
    Problem.CNAME_WITH_OTHER_DATA: _("there are other records beside the CNAME"),
    Problem.TARGET_UNRESOLVED: _("the target server does not exist in the DNS"),
    Problem.TARGET_REFUSES: _("the target server refuses mail for the domain"),
    Problem.TARGET_LOOPS: _("the target server leads back here"),
    Problem.NS_NOT_DELEGATED: _("no zone is delegated for the name"),
    Problem.NS_DNSSEC_BOGUS: _("DNSSEC validation fails"),
    Problem.NS_DISAGREE: _("the name servers disagree"),
    Problem.NS_LAME: _("a name server does not know the zone"),
    Problem.NS_SETS_DIFFER: _("the parent zone and the zone itself name different name servers"),
    Problem.FLATTENED: _("the DNS host answers with addresses in place of an alias"),
    Problem.NAME_DOUBLED: _("a record is published under a doubled name"),
}

KINDS = {
    Kind.NS: _("the name servers that the zone is delegated to"),
    Kind.CNAME: _("verifies the domain"),
    Kind.MX: _("names the servers that receive mail for the domain, the lowest number first"),
    Kind.SPF: _("says which servers may send mail for the domain"),
    Kind.DKIM: _("holds the key that proves the signatures of mail sent from here"),
    Kind.SRV: _("lets mail programs find their settings by themselves"),
    Kind.DMARC: _("tells receivers what to do with mail that fails SPF and DKIM, and where to report it"),
    Kind.TARGET: _("the other system's mail server, which gets mail for addresses that are not here"),
}
