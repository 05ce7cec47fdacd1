"""The pages of diagnostics, without a browser."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import dns.message
import dns.query
import dns.zone
import pytest
from django.test import Client
from django.utils import timezone

from diagnostics.models import Check, CheckChange, CheckRun, Intent, Postponement, Share
from domains.models import DkimKey, Domain
from domains.rrset import RRset
from domains.rules.fingerprints import fingerprint
from panel.models import Activity
from tests.factories import Tenant, make_account, make_check, make_domain, make_share, make_tenant, make_user
from tests.letters import delivered
from tests.servers import Knot

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("ab12345")


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def technician(tenant: Tenant) -> Client:
    return client_of(tenant.technician)


def domains_page(tenant: Tenant, **query: str) -> str:
    return f"/services/{tenant.service.name}/domains/" + ("?" + "&".join(f"{k}={v}" for k, v in query.items()))


def names_on(page: Any) -> list[str]:
    return re.findall(r'<a class="name[^>]*>([^<]+)</a>', page.content.decode())


def looked(domain: Domain, **fields: Any) -> None:
    now = timezone.now()
    defaults = {"organization": domain.service.organization, "next_at": now + timedelta(hours=1), "checked_at": now}
    CheckRun.objects.update_or_create(domain=domain, defaults={**defaults, **fields})


RED_MX = {
    "facts": {"hosts": ["mx.old.example"], "moves_mail": True},
    "reason": "mx-foreign",
    "problems": ["mx-foreign"],
    "found": [{"name": "shop.example.", "type": "MX", "ttl": 300, "values": ["5 mx.old.example."]}],
    "fixes": [
        {"action": "replace", "name": "shop.example.", "type": "MX", "ttl": 300, "values": ["10 mx1.pro.example."]}
    ],
}


def test_the_table_takes_as_many_queries_for_forty_domains_as_for_two(
    tenant: Tenant, technician: Client, django_assert_max_num_queries: Any
) -> None:
    def visit() -> int:
        with django_assert_max_num_queries(100) as queries:
            assert technician.get(domains_page(tenant)).status_code == 200
        return len(queries)

    for _ in range(2):
        make_check(make_domain(tenant.service))
    visit()
    few = visit()
    for _ in range(40):
        domain = make_domain(tenant.service)
        looked(domain)
        make_account(domain)
        for kind in ("MX", "SPF", "NS"):
            make_check(domain, kind)
    assert visit() == few


def test_the_table_is_paged_by_key_and_every_domain_is_on_one_page(tenant: Tenant, technician: Client) -> None:
    names = {tenant.domain.name.name} | {make_domain(tenant.service, f"d{i:03}.example").name.name for i in range(120)}
    for sort in ("name", "-name", "-attached"):
        seen: list[str] = []
        url = domains_page(tenant, sort=sort)
        for _ in range(3):
            page = technician.get(url)
            seen += names_on(page)
            following = re.search(r'href="(\?[^"]*after=[^"]+)">Next', page.content.decode())
            url = domains_page(tenant).split("?")[0] + following[1].replace("&amp;", "&") if following else ""
        assert not url
        assert len(seen) == len(set(seen))
        assert set(seen) == names


def test_the_table_filters_by_name_in_either_form_and_by_status(tenant: Tenant, technician: Client) -> None:
    turtle = make_domain(tenant.service, "xn--w-uga1v8h.example")
    make_check(turtle, "MX", "wrong")
    make_check(tenant.domain, "MX", "ok")
    assert names_on(technician.get(domains_page(tenant, q="żółw"))) == ["żółw.example"]
    assert names_on(technician.get(domains_page(tenant, status="red"))) == ["żółw.example"]
    assert names_on(technician.get(domains_page(tenant, status="green"))) == [tenant.domain.name.name]
    assert "No domain matches" in technician.get(domains_page(tenant, q="nothing")).content.decode()
    assert technician.get(domains_page(tenant, after="forged")).status_code == 200


def test_buttons_ask_again_only_while_a_look_is_awaited(tenant: Tenant, technician: Client) -> None:
    looked(tenant.domain, asked_at=timezone.now())
    url = f"/services/{tenant.service.name}/checks/?d={tenant.domain.pk}"
    assert "hx-trigger" in technician.get(url).content.decode()
    looked(tenant.domain, asked_at=None)
    assert "hx-trigger" not in technician.get(url).content.decode()


def test_buttons_of_another_service_are_not_given(tenant: Tenant, technician: Client) -> None:
    other = make_tenant().domain
    make_check(other, "MX", "wrong")
    answer = technician.get(f"/services/{tenant.service.name}/checks/?d={other.pk}&d=x&d=").content.decode()
    assert other.name.name not in answer


def test_what_comes_from_the_dns_is_escaped_and_bounded(tenant: Tenant, technician: Client) -> None:
    hostile = '"<script>alert(1)</script>' + "A" * 60_000 + '"'
    record = {"name": f"{tenant.domain}.", "type": "TXT", "ttl": 1, "values": [hostile] * 3_000}
    make_check(
        tenant.domain,
        "SPF",
        "wrong",
        reason="spf-error",
        facts={"term": "<script>x</script>", "owner": "<b>" * 1000, "problem": "spf-syntax", "hosts": ["%s%(x)d"]},
        found=[record],
        witnesses=[{"who": "<i>ns</i>", "says": [hostile] * 500, "failure": None, "serial": 1}],
    )
    for page in ("", "checks/SPF/", "history/"):
        answer = technician.get(f"/services/{tenant.service.name}/domains/{tenant.domain}/{page}")
        text = answer.content.decode()
        assert "<script>alert" not in text
        assert "<script>x" not in text
        assert "<i>ns" not in text
        assert len(text) < 400_000


def test_a_fix_of_a_text_is_shown_term_by_term_with_its_reasons(tenant: Tenant, technician: Client) -> None:
    changes = [{"kind": "port", "term": "ip4:203.0.113.7:25", "into": "ip4:203.0.113.7"}]
    name = f"{tenant.domain}."
    found = [{"name": name, "type": "TXT", "ttl": 300, "values": ['"v=spf1 ip4:203.0.113.7:25 -all"']}]
    fix = {"action": "add", "name": name, "type": "TXT", "ttl": 300, "values": ['"v=spf1 ip4:203.0.113.7 -all"']}
    make_check(tenant.domain, "SPF", "wrong", reason="spf-error", facts={"changes": changes}, found=found, fixes=[fix])
    url = f"/services/{tenant.service.name}/domains/{tenant.domain}/checks/SPF/"
    text = technician.get(url).content.decode()
    assert "What changes in the record" in text
    assert re.search(r"ip4:203.0.113.7:25</td><td[^>]*>ip4:203.0.113.7</td><td>SPF has no ports</td>", text)
    asked = [{"code": "host-for-address", "term": "ip4:<b>", "readings": ["a:h.example"]}]
    Check.objects.filter(domain=tenant.domain, kind="SPF").update(fixes=[], facts={"ambiguous": asked})
    text = technician.get(url).content.decode()
    assert "What would change in the record" in text
    assert re.search(r"ip4:&lt;b&gt;</td><td[^>]*>a:h.example\?</td><td>ip4: and ip6: take", text)
    assert "Perhaps meant: a:h.example." in text


def test_check_again_works_without_script_and_is_limited(tenant: Tenant, technician: Client) -> None:
    url = f"/services/{tenant.service.name}/domains/{tenant.domain}/again/"
    page = f"/services/{tenant.service.name}/domains/{tenant.domain}/checks/MX/"
    for _ in range(30):
        assert technician.post(url, {"next": page}).headers["Location"] == page
    assert CheckRun.objects.get(pk=tenant.domain.pk).pending
    CheckRun.objects.update(asked_at=None)
    assert "Too many" in technician.post(url, follow=True).content.decode()
    assert not CheckRun.objects.get(pk=tenant.domain.pk).pending
    assert technician.post(url, {"next": "https://evil.example/"}).headers["Location"].startswith("/services/")


@pytest.mark.parametrize(
    "page", ["diagnostics", "x'<b>", "//other.example/", "https://other.example/", "/\\other.example"]
)
def test_check_again_leads_back_to_pages_of_the_panel_only(page: str, tenant: Tenant, technician: Client) -> None:
    answer = technician.post(f"/services/{tenant.service.name}/domains/{tenant.domain}/again/", {"next": page})
    assert answer["Location"] == f"/services/{tenant.service.name}/domains/{tenant.domain}/"


def test_a_whole_service_and_a_whole_organization_are_looked_at_again(tenant: Tenant, technician: Client) -> None:
    for domain in (tenant.domain, make_domain(tenant.service)):
        looked(domain)
    for url in (f"/services/{tenant.service.name}/checks/again/", "/organizations/ab12345/checks/again/"):
        CheckRun.objects.update(asked_at=None, next_at=timezone.now() + timedelta(hours=5))
        technician.post(url)
        assert CheckRun.objects.filter(asked_at__isnull=False, next_at__lte=timezone.now()).count() == 2


def test_marking_as_intended_turns_it_green_with_who_and_why_and_back(tenant: Tenant, technician: Client) -> None:
    check = make_check(tenant.domain, "MX", "wrong", **RED_MX)
    page = f"/services/{tenant.service.name}/domains/{tenant.domain}/checks/MX/"
    found = fingerprint([RRset("shop.example.", "MX", None, ("5 mx.old.example.",))])
    assert found in technician.get(page).content.decode()
    technician.post(f"{page}intended/", {"why": "a filter in front", "found": "what was there yesterday"})
    assert Check.objects.get(pk=check.pk).status == "wrong"
    technician.post(f"{page}intended/", {"why": " ", "found": found})
    assert not Intent.objects.exists()
    technician.post(f"{page}intended/", {"why": "a filter in front", "found": found})
    check.refresh_from_db()
    assert (check.status, check.intended) == ("ok", True)
    text = technician.get(page).content.decode()
    assert "a filter in front" in text
    assert str(tenant.technician) in text
    assert Activity.objects.filter(verb="check.intended", note="a filter in front").exists()
    technician.post(f"{page}intended/", {"withdraw": "1"})
    check.refresh_from_db()
    assert (check.status, check.intended) == ("wrong", False)


@pytest.mark.parametrize(("kind", "problem"), [("CNAME", ""), ("SPF", "spf-plus-all"), ("SPF", "spf-several")])
def test_the_proof_permanent_spf_errors_and_plus_all_cannot_be_intended(
    tenant: Tenant, technician: Client, kind: str, problem: str
) -> None:
    check = make_check(tenant.domain, kind, "wrong", problems=[problem] if problem else [])
    url = f"/services/{tenant.service.name}/domains/{tenant.domain}/checks/{kind}/intended/"
    technician.post(url, {"why": "because", "found": check.found_print})
    assert Check.objects.get(pk=check.pk).status == "wrong"


def test_an_mx_fix_says_how_many_accounts_are_here_and_that_others_will_be_refused(
    tenant: Tenant, technician: Client
) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    text = technician.get(f"/services/{tenant.service.name}/domains/{tenant.domain}/checks/MX/").content.decode()
    assert "1 account is configured here; mail to every other address will be refused" in text


def test_the_zone_file_holds_what_should_be_there_with_the_domains_own_spf_merged(
    tenant: Tenant, technician: Client
) -> None:
    apex = f"{tenant.domain}."
    merged = '"v=spf1 mx include:spf.other.example -all"'
    make_check(
        tenant.domain,
        "SPF",
        "wrong",
        fixes=[
            {"action": "remove", "name": apex, "type": "TXT", "ttl": 60, "values": ['"v=spf1 mx -all"']},
            {"action": "add", "name": apex, "type": "TXT", "ttl": 60, "values": [merged]},
        ],
    )
    answer = technician.get(f"/services/{tenant.service.name}/domains/{tenant.domain}/zone-file/")
    lines = [line for line in answer.content.decode().splitlines() if line and not line.startswith(";")]
    assert f"{apex} 3600 IN TXT {merged}" in lines
    assert "attachment" in answer.headers["Content-Disposition"]
    assert [line.split()[3] for line in lines][-2:] == ["MX", "MX"]
    Postponement.objects.create(domain=tenant.domain)
    answer = technician.get(f"/services/{tenant.service.name}/domains/{tenant.domain}/zone-file/")
    assert " MX " not in answer.content.decode()


def test_all_red_lists_filters_and_exports_without_formulas(tenant: Tenant, technician: Client) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    make_check(tenant.domain, "SPF", "missing", found=[])
    make_check(tenant.domain, "DMARC", "missing", level="recommended")
    make_check(make_tenant().domain, "MX", "wrong", reason="mx-null")
    spiteful = {"name": "x.", "type": "MX", "ttl": 1, "values": ["=cmd()"]}
    make_check(make_domain(tenant.service, "formula.example"), "MX", "wrong", found=[spiteful])
    text = technician.get("/red/").content.decode()
    assert text.count("check-red") == 3
    assert technician.get("/organizations/ab12345/red/?kind=SPF").content.decode().count("check-red") == 1
    assert technician.get("/red/?since=2999-01-01").content.decode().count("check-red") == 0
    assert technician.get("/red/?since=nonsense&service=x&mode=y&kind=z&page=-5").status_code == 200
    export = technician.get("/red/?format=csv").getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(export)))
    assert len(rows) == 4
    assert not any(cell.startswith("=") for row in rows for cell in row)
    staff = client_of(make_user(staff=True))
    assert staff.get("/red/everywhere/").content.decode().count("check-red") == 4


def test_instructions_are_sent_work_without_signing_in_and_can_be_revoked(tenant: Tenant, technician: Client) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    page = f"/services/{tenant.service.name}/domains/{tenant.domain}/instructions/"
    technician.post(page, {"email": "dns@people.example", "language": "en"})
    (letter,) = delivered()
    assert letter.to == ["dns@people.example"]
    address = re.search(r"http://localhost:8000(/dns/\S+)", str(letter.body))
    assert address
    stranger = Client()
    text = stranger.get(address[1]).content.decode()
    assert "10 mx1.pro.example." in text or "mx1.pro.example." in text
    assert "will be refused" in text
    assert stranger.post(f"{address[1]}again/").status_code == 302
    assert CheckRun.objects.get(pk=tenant.domain.pk).pending
    assert stranger.get(f"{address[1]}?format=zone").status_code == 200
    technician.post(f"{page}{Share.objects.get().pk}/revoke/")
    assert stranger.get(address[1]).status_code == 404
    assert stranger.post(f"{address[1]}again/").status_code == 404


def test_a_forged_and_an_expired_link_open_nothing(tenant: Tenant) -> None:
    share = make_share(tenant.domain)
    assert Client().get(f"/dns/{share.token}/").status_code == 200
    assert Client().get(f"/dns/{share.code}:forged/").status_code == 404
    assert Client().get(f"/dns/{share.token[:-1]}/").status_code == 404
    Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(f"/dns/{share.token}/").status_code == 404


def test_what_a_link_opens_is_kept_by_no_cache_and_found_by_no_search_and_speaks_the_letters_language(
    tenant: Tenant,
) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    address = f"/dns/{make_share(tenant.domain, language='pl').token}/"
    for page in (address, f"{address}?format=zone"):
        answer = Client(headers={"Accept-Language": "en"}).get(page)
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "odmówi" in answer.content.decode() or "odrzuc" in answer.content.decode()
        assert "will be refused" not in answer.content.decode()


def test_a_link_tells_nothing_of_what_else_the_organization_has(tenant: Tenant) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    make_domain(tenant.service, "secret-project.example")
    text = Client().get(f"/dns/{make_share(tenant.domain).token}/").content.decode()
    for word in ("secret-project", tenant.owner.email, tenant.technician.email, tenant.service.name):
        assert word not in text
    assert "/services/" not in text


def test_one_link_cannot_keep_the_workers_busy(tenant: Tenant) -> None:
    address = f"/dns/{make_share(tenant.domain).token}/"
    stranger = Client()
    for _ in range(4):
        assert stranger.post(f"{address}again/").status_code == 302
    looked(tenant.domain, asked_at=None)
    assert "Too many" in stranger.post(f"{address}again/", follow=True).content.decode()
    assert not CheckRun.objects.get().pending
    assert Client(enforce_csrf_checks=True).post(f"{address}again/").status_code == 403


def test_not_yet_leaves_the_mx_out_of_the_instructions(tenant: Tenant, technician: Client) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    page = f"/services/{tenant.service.name}/domains/{tenant.domain}/instructions/"
    technician.post(page, {"email": "dns@people.example", "language": "pl", "not_yet": "1"})
    assert " MX " not in delivered()[0].body
    assert "mx1.pro.example" not in Client().get(f"/dns/{Share.objects.get().token}/").content.decode()


def test_the_operator_sees_what_is_due_and_how_old_the_oldest_look_is(tenant: Tenant) -> None:
    looked(tenant.domain, checked_at=timezone.now() - timedelta(hours=7), next_at=timezone.now() - timedelta(hours=1))
    text = client_of(make_user(staff=True)).get("/staff/diagnostics/").content.decode()
    assert "due now" in text
    assert re.search(r"7\s*hours", text.replace("\xa0", " "))


def test_the_history_shows_the_records_before_and_after_each_change(tenant: Tenant, technician: Client) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    apex = f"{tenant.domain}."
    CheckChange.objects.create(
        domain=tenant.domain,
        kind="MX",
        at=timezone.now(),
        old_status="ok",
        new_status="wrong",
        old_level="required",
        new_level="required",
        before=[{"name": apex, "type": "MX", "ttl": 60, "values": ["10 mx1.here.example.", "20 mx2.here.example."]}],
        after=[{"name": apex, "type": "MX", "ttl": 60, "values": ["10 mx1.here.example.", "5 mx.old.example."]}],
    )
    text = technician.get(f"/services/{tenant.service.name}/domains/{tenant.domain}/history/").content.decode()
    before, after = text.split("<h3>Before")[1].split("<h3>After")
    assert '<del class="gone">20 mx2.here.example.</del>' in before
    assert '<ins class="new">5 mx.old.example.</ins>' in after
    assert "10 mx1.here.example." in before
    assert "10 mx1.here.example." in after


def test_each_record_and_the_whole_table_can_be_copied_and_say_what_the_file_says(
    tenant: Tenant, technician: Client
) -> None:
    page = f"/services/{tenant.service.name}/domains/{tenant.domain}/"
    text = technician.get(page).content.decode()
    file = technician.get(f"{page}zone-file/").content.decode()
    records = [line for line in file.splitlines() if line and not line.startswith(";")]
    table = text.split('id="records-heading"')[1]
    copied = [html.unescape(value) for value in re.findall(r'data-copy="([^"]*)"', table)]
    assert copied.pop(0).splitlines() == records
    assert sorted(line for line in copied if " IN " in line) == sorted(records)
    rows = re.findall(r'<tr class="record-.*?</tr>', table, re.DOTALL)
    assert len(rows) == len(records)
    assert all(row.count('class="copy"') == 2 for row in rows), "one button for the value and a menu for the rest"


@pytest.mark.parametrize("name", ["new-shop.example", "xn--w-uga1v8h.example"])
def test_the_zone_file_is_read_by_dnspython_and_by_knot(zones: Knot, name: str) -> None:
    tenant = make_tenant("cd67890")
    domain = make_domain(tenant.service, name)
    DkimKey.objects.create(
        ownership=domain.ownership, name=domain.name, selector="s1", public_key="A" * 392, private_key="x"
    )
    there = {"name": f"{name}.", "type": "MX", "ttl": 300, "values": ["5 mx.old.example."]}
    wanted = there | {"action": "replace", "values": ["10 mx1.pro.example.", "20 mx2.pro.example."]}
    make_check(domain, "MX", "wrong", **RED_MX | {"found": [there], "fixes": [wanted]})
    file = client_of(tenant.viewer).get(f"/services/{tenant.service.name}/domains/{name}/zone-file/").content.decode()
    zone = dns.zone.from_text(file, f"{name}.", relativize=False, check_origin=False)
    assert len(zone.find_rdataset(f"{name}.", "MX")) == 2
    assert b"".join(zone.find_rdataset(f"s1._domainkey.{name}.", "TXT")[0].strings).endswith(b"A" * 392)
    zones.add_zone(name, file)
    query = dns.message.make_query(f"s1._domainkey.{name}.", "TXT")
    answer = dns.query.udp(query, zones.address, port=zones.port, timeout=5)
    assert b"".join(answer.answer[0][0].strings).endswith(b"A" * 392)


def test_an_mx_fix_can_be_put_off_from_its_page_and_taken_up_again(tenant: Tenant, technician: Client) -> None:
    make_check(tenant.domain, "MX", "wrong", **RED_MX)
    page = f"/services/{tenant.service.name}/domains/{tenant.domain}/checks/MX/"
    technician.post(f"{page}not-yet/")
    assert "left out of instructions" in technician.get(page).content.decode()
    assert Activity.objects.filter(verb="mx.postponed").exists()
    technician.post(f"{page}not-yet/", {"resume": "1"})
    assert "left out of instructions" not in technician.get(page).content.decode()
