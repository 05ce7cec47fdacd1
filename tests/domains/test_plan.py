"""Planning, applying and undoing changes to a zone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.records import DomainFacts, Hosts, Kind, Mode, PlatformFacts, required_records
from domains.rrset import Action, Fix, RRset, quote_txt
from domains.zones.plan import Choice, Obstacle, Plan, Zone, apply_fixes, apply_plan, plan, snapshot, undo

from ..diagnostics.simdns import other_key, public_key

APEX = "example.com."
HOSTS = Hosts(
    mx=("mx1.platform.test", "mx2.platform.test"),
    autodiscover="autodiscover.platform.test",
    imap="imap.platform.test",
    smtp="smtp.platform.test",
    spf_include="spf.platform.test",
    verification="verify.platform.test",
)
PLATFORM = PlatformFacts("main", HOSTS, ("192.0.2.25",))
DOMAIN = DomainFacts("example.com", Mode.AUTHORITATIVE, token="cm-check", dkim={"cm1": public_key()})
SPLIT = DomainFacts("example.com", Mode.NON_AUTHORITATIVE, "mail.other.test", "cm-check", dkim={"cm1": public_key()})


def zone(*sets: RRset) -> dict[tuple[str, str], RRset]:
    return {(rr.name, rr.type): rr for rr in sets}


def rr(name: str, type_: str, *values: str) -> RRset:
    return RRset(name, type_, 300, values)


BASE = zone(
    rr(APEX, "SOA", "ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300"),
    rr(APEX, "NS", "ns1.example.com."),
    rr(APEX, "A", "198.51.100.80"),
    rr(APEX, "TXT", '"site-verification=abc"'),
)


def planned(published: Zone, domain: DomainFacts = DOMAIN) -> Plan:
    return plan(
        required_records(domain, PLATFORM),
        published,
        authoritative=domain.authoritative,
        spf_include="spf.platform.test",
    )


def choices(made: Plan) -> dict[str, Choice]:
    return {f"{step.record.name} {step.record.type}": step.choice for step in made.steps}


def step_of(made: Plan, kind: Kind):
    return next(step for step in made.steps if step.record.kind == kind)


def test_a_blank_zone_gets_everything_and_then_nothing_more() -> None:
    made = planned(BASE)
    assert set(choices(made).values()) == {Choice.ADD}
    after = apply_plan(BASE, made)
    again = planned(after)
    assert set(choices(again).values()) == {Choice.RIGHT}
    assert again.fixes == ()
    assert after[APEX, "TXT"].values == ('"site-verification=abc"', '"v=spf1 include:spf.platform.test ~all"')


def test_the_mx_comes_last_and_apart() -> None:
    made = planned(BASE)
    assert [fix.type for fix in made.fixes].index("MX") == len(made.fixes) - 1
    assert made.moves_mail
    rest = made.only(set(Kind) - {Kind.MX})
    assert not rest.moves_mail
    assert "MX" not in {fix.type for fix in rest.fixes}


def test_foreign_mx_is_replaced_in_authoritative_mode_only() -> None:
    published = BASE | zone(rr(APEX, "MX", "10 mail.other.test."))
    step = step_of(planned(published), Kind.MX)
    assert (step.choice, step.before[0].values) == (Choice.REPLACE, ("10 mail.other.test.",))
    step = step_of(planned(published, SPLIT), Kind.MX)
    assert (step.choice, step.obstacle, step.fixes) == (Choice.LEFT_ALONE, Obstacle.FOREIGN_MX, ())


def test_our_mx_with_other_priorities_is_right() -> None:
    for values in (("1 mx1.platform.test.", "2 mx2.platform.test."), ("5 mx2.platform.test.", "5 mx1.platform.test.")):
        assert step_of(planned(BASE | zone(rr(APEX, "MX", *values))), Kind.MX).choice == Choice.RIGHT
    published = BASE | zone(rr(APEX, "MX", "20 mx1.platform.test.", "10 mx2.platform.test."))
    assert step_of(planned(published), Kind.MX).choice == Choice.REPLACE


def test_an_spf_record_is_merged_and_other_texts_stay() -> None:
    published = BASE | zone(rr(APEX, "TXT", '"site-verification=abc"', '"v=spf1 mx -all"', '"other"'))
    after = apply_plan(published, planned(published))
    assert set(after[APEX, "TXT"].values) == {
        '"site-verification=abc"',
        '"v=spf1 mx include:spf.platform.test -all"',
        '"other"',
    }


def test_what_holds_in_another_way_is_right() -> None:
    published = BASE | zone(rr(APEX, "TXT", '"v=spf1 ip4:192.0.2.25 -all"'))
    made = plan(
        required_records(DOMAIN, PLATFORM),
        published,
        authoritative=True,
        spf_include="spf.platform.test",
        passing=[Kind.SPF],
    )
    assert step_of(made, Kind.SPF).choice == Choice.RIGHT


def test_another_key_at_our_selector_is_replaced_and_texts_beside_it_stay() -> None:
    name = f"cm1._domainkey.{APEX}"
    published = BASE | zone(rr(name, "TXT", quote_txt(f"v=DKIM1; p={other_key()}"), '"note"'))
    made = planned(published)
    assert step_of(made, Kind.DKIM).choice == Choice.REPLACE
    values = apply_plan(published, made)[name, "TXT"].values
    assert len(values) == 2
    assert '"note"' in values


def test_a_policy_above_is_not_undercut() -> None:
    domain = DomainFacts("shop.example.com", Mode.AUTHORITATIVE, dkim={})
    published = BASE | zone(rr(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=reject"'), rr(f"shop.{APEX}", "A", "192.0.2.1"))
    step = step_of(planned(published, domain), Kind.DMARC)
    assert (step.choice, step.obstacle) == (Choice.LEFT_ALONE, Obstacle.POLICY_ABOVE)


@pytest.mark.parametrize(
    ("name", "obstacle"), [(f"autodiscover.{APEX}", Obstacle.OTHER_DATA), (f"autoconfig.{APEX}", Obstacle.OTHER_DATA)]
)
def test_addresses_of_others_leave_no_room_for_an_alias(name: str, obstacle: Obstacle) -> None:
    made = planned(BASE | zone(rr(name, "A", "198.51.100.9")))
    step = next(step for step in made.steps if step.record.name == name)
    assert (step.choice, step.obstacle, step.fixes) == (Choice.LEFT_ALONE, obstacle, ())


def test_an_alias_at_a_name_of_ours_makes_room() -> None:
    name = f"_autodiscover._tcp.{APEX}"
    published = BASE | zone(rr(name, "CNAME", "autodiscover.other.test."))
    made = planned(published)
    after = apply_plan(published, made)
    assert (name, "CNAME") not in after
    assert after[name, "SRV"].values == ("0 0 443 autodiscover.platform.test.",)


def test_a_domain_that_is_an_alias_is_left_alone() -> None:
    domain = DomainFacts("shop.example.com", Mode.AUTHORITATIVE, dkim={})
    made = planned(BASE | zone(rr(f"shop.{APEX}", "CNAME", "www.other.test.")), domain)
    assert step_of(made, Kind.MX).obstacle == Obstacle.ALIAS
    assert step_of(made, Kind.SPF).obstacle == Obstacle.ALIAS


def test_services_of_a_split_domain_are_left_alone_where_there_are_some() -> None:
    published = BASE | zone(
        rr(f"_autodiscover._tcp.{APEX}", "SRV", "0 0 443 autodiscover.other.test."),
        rr(f"autodiscover.{APEX}", "CNAME", "autodiscover.other.test."),
    )
    made = planned(published, SPLIT)
    assert {fix.action for fix in made.fixes} == {Action.ADD}
    assert [step.obstacle for step in made.steps if step.obstacle] == [Obstacle.FOREIGN_SERVICE] * 2


def test_a_name_that_lives_by_a_wildcard_keeps_what_the_wildcard_said() -> None:
    domain = DomainFacts("shop.example.com", Mode.AUTHORITATIVE, dkim={"cm1": public_key()})
    published = BASE | zone(rr(f"*.{APEX}", "A", "198.51.100.80"), rr(f"*.{APEX}", "MX", "10 mail.other.test."))
    for kinds in ({Kind.DKIM}, set(Kind) - {Kind.MX}):
        after = apply_plan(published, planned(published, domain).only(kinds))
        assert after[f"shop.{APEX}", "A"].values == ("198.51.100.80",)
        assert after[f"shop.{APEX}", "MX"].values == ("10 mail.other.test.",)
    after = apply_plan(published, planned(published, domain))
    assert after[f"shop.{APEX}", "A"].values == ("198.51.100.80",)
    assert after[f"shop.{APEX}", "MX"].values == ("10 mx1.platform.test.", "20 mx2.platform.test.")


def test_a_wildcard_alias_keeps_the_mail_of_a_name_out() -> None:
    domain = DomainFacts("shop.example.com", Mode.AUTHORITATIVE, dkim={})
    made = planned(BASE | zone(rr(f"*.{APEX}", "CNAME", "www.other.test.")), domain)
    assert step_of(made, Kind.MX).obstacle == Obstacle.ALIAS


@pytest.mark.parametrize("type_", ["SOA", "NS"])
def test_soa_and_ns_are_never_touched(type_: str) -> None:
    with pytest.raises(ValueError):
        apply_fixes(BASE, [Fix(Action.REMOVE, APEX, type_, None, ("x",))])


def test_undo_brings_the_zone_back() -> None:
    published = BASE | zone(
        rr(APEX, "MX", "10 mail.other.test."), rr(f"autodiscover.{APEX}", "CNAME", "autodiscover.other.test.")
    )
    fixes = planned(published).fixes
    after = apply_fixes(published, fixes)
    back = apply_fixes(after, undo(fixes, snapshot(published, fixes), after))
    assert {key: set(value.values) for key, value in back.items()} == {
        key: set(value.values) for key, value in published.items()
    }


def test_undo_leaves_what_others_changed_since() -> None:
    fixes = planned(BASE).fixes
    before = snapshot(BASE, fixes)
    after = apply_fixes(BASE, fixes)
    after[APEX, "MX"] = rr(APEX, "MX", "10 mail.third.test.")
    after[APEX, "TXT"] = rr(APEX, "TXT", *after[APEX, "TXT"].values, '"new"')
    back = apply_fixes(after, undo(fixes, before, after))
    assert back[APEX, "MX"].values == ("10 mail.third.test.",)
    assert set(back[APEX, "TXT"].values) == {'"site-verification=abc"', '"new"'}


PIECES = [
    rr(APEX, "MX", "10 mail.other.test."),
    rr(APEX, "MX", "0 ."),
    rr(APEX, "TXT", '"v=spf1 mx -all"', '"v=spf1 a ~all"', '"x"'),
    rr(APEX, "TXT", '"v=spf1 ip4:1.2 +all"'),
    rr(f"cm1._domainkey.{APEX}", "TXT", '"v=DKIM1; p="'),
    rr(f"cm1._domainkey.{APEX}", "CNAME", "key.other.test."),
    rr(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'),
    rr(f"_dmarc.{APEX}", "TXT", '"v=dmarc1"'),
    rr(f"_autodiscover._tcp.{APEX}", "SRV", "0 0 443 autodiscover.other.test."),
    rr(f"_imaps._tcp.{APEX}", "SRV", "0 0 0 ."),
    rr(f"autodiscover.{APEX}", "CNAME", "autodiscover.other.test."),
    rr(f"cm-check.{APEX}", "TXT", '"verify"'),
    rr(f"*.{APEX}", "A", "198.51.100.80"),
    rr(f"www.{APEX}", "A", "198.51.100.80"),
]


@given(st.lists(st.sampled_from(PIECES), unique_by=lambda piece: piece.name), st.booleans())
def test_a_plan_is_done_after_once_and_its_undo_restores_everything(pieces: list[RRset], split: bool) -> None:
    published = BASE | zone(*pieces)
    domain = SPLIT if split else DOMAIN
    made = planned(published, domain)
    after = apply_plan(published, made)
    assert planned(after, domain).fixes == ()
    touched = {(fix.name, fix.type) for fix in made.fixes}
    assert {key: value for key, value in after.items() if key not in touched} == {
        key: value for key, value in published.items() if key not in touched
    }
    names = {name for name, type_ in after if type_ == "CNAME"}
    assert not [key for key in after if key[0] in names and key[1] != "CNAME"]
    back = apply_fixes(after, undo(made.fixes, snapshot(published, made.fixes), after))
    assert {key: set(value.values) for key, value in back.items()} == {
        key: set(value.values) for key, value in published.items()
    }
