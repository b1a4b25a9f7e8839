"""WS-Federation: tokens as Latvija.lv and other servers make them are understood, and every bent one is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from chassis.errors import PortalError
from services.identity.domain.external import ExternalIdentity
from services.identity.providers.wsfed import WsFedProvider
from tests.integration.identity.outside import sts
from tests.integration.identity.outside.sts import Pair, assertion, encrypted, response, signed

REFUSED = "identity.login_refused"
OLD, NEW = "16117519997", "32867300679"


@pytest.fixture
def read(wsfed: Callable[..., WsFedProvider]) -> Callable[..., ExternalIdentity]:
    """What the adapter makes of a wresult that answers our request."""
    from services.identity.providers.base import Secrets

    def of(wresult: str, **how: Any) -> ExternalIdentity:
        provider = wsfed(**how)
        answer = provider.finish(Secrets("state", "browser"), "", {"wa": "wsignin1.0", "wresult": wresult})
        return answer.identity

    return of


def refusal(read: Callable[..., ExternalIdentity], wresult: str, **how: Any) -> str:
    with pytest.raises(PortalError) as caught:
        read(wresult, **how)
    assert caught.value.code == REFUSED
    return str(getattr(caught.value, "why", ""))


# honest tokens


@pytest.mark.parametrize("trust", [sts.TRUST_2005, sts.TRUST_2012])
@pytest.mark.parametrize("collection", [True, False])
def test_both_namespaces_single_and_in_a_collection(
    read: Callable[..., Any], pair: Pair, trust: str, collection: bool
) -> None:
    found = read(response(signed(assertion(), pair), trust=trust, collection=collection))
    assert (found.given_name, found.family_name, found.assurance) == ("Žanis", "Šķēle", "high")
    assert found.person_codes == (OLD,) and found.auth_method == "SWEDBANK" and found.for_themself


@pytest.mark.parametrize("gcm", [True, False])
def test_an_encrypted_token(read: Callable[..., Any], pair: Pair, our_pair: Pair, gcm: bool) -> None:
    token = encrypted(signed(assertion(), pair), our_pair.key.public_key(), gcm=gcm)
    assert read(response(token), require_encryption=True).person_codes == (OLD,)


def test_of_several_codes_the_vouched_one_is_the_present_one(read: Callable[..., Any], pair: Pair) -> None:
    token = assertion(subject=f"PK:{NEW}", codes=(NEW,), former=(OLD, "01018015097"))
    assert read(response(signed(token, pair))).person_codes == (NEW, OLD, "01018015097")


@pytest.mark.parametrize(
    ("subject", "company", "principal"),
    [
        (f"PK:{OLD}-UR:40003021907", "40003021907", None),
        (f"DP:40003021907-PK:{OLD}", None, "40003021907"),
        (f"AU:90000069281-PK:{OLD}", None, "90000069281"),
    ],
)
def test_whoever_comes_for_somebody_else_says_so(
    read: Callable[..., Any], pair: Pair, subject: str, company: str | None, principal: str | None
) -> None:
    found = read(response(signed(assertion(subject=subject), pair)))
    assert (found.company_reg_no, found.principal, found.for_themself) == (company, principal, False)


@pytest.mark.parametrize(("level", "assurance"), [("4", "high"), ("3", "substantial"), ("2", "low"), ("1", "low")])
def test_the_level_is_kept(read: Callable[..., Any], pair: Pair, level: str, assurance: str) -> None:
    assert read(response(signed(assertion(level=level), pair))).assurance == assurance


def test_the_next_key_is_good_before_the_old_one_is_gone(read: Callable[..., Any], next_pair: Pair) -> None:
    assert read(response(signed(assertion(), next_pair))).person_codes == (OLD,)


def test_clocks_may_be_a_little_apart(read: Callable[..., Any], pair: Pair) -> None:
    token = assertion(begins=timedelta(seconds=15), made=timedelta(seconds=15))
    assert read(response(signed(token, pair))).person_codes == (OLD,)


def test_sha1_where_the_operator_allows_it_and_nowhere_else(read: Callable[..., Any], pair: Pair) -> None:
    from signxml import DigestAlgorithm, SignatureMethod, XMLSigner

    class Old(XMLSigner):
        def check_deprecated_methods(self) -> None:
            """The library makes no such signatures any more; the provider still does."""

    token = assertion()
    old = Old(
        signature_algorithm=SignatureMethod.RSA_SHA1, digest_algorithm=DigestAlgorithm.SHA1,
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    ).sign(
        token, key=pair.key, cert=[pair.certificate], reference_uri=token.get("AssertionID"), id_attribute="AssertionID"
    )  # fmt: skip
    assert read(response(old), old_algorithms=True).person_codes == (OLD,)
    refusal(read, response(old))


# tokens that were not made for us, or not now


@pytest.mark.parametrize(
    "how",
    [
        {"audience": "urn:somebody:else"},
        {"audience": None},
        {"issuer": "http://evil.example/sts"},
        {"begins": timedelta(minutes=5)},
        {"begins": timedelta(hours=-5), "ends": timedelta(minutes=-1)},
        {"ends": timedelta(days=30)},
        {"made": timedelta(minutes=5)},
        {"minor": "0"},
        {"subject": "somebody"},
        {"subject": f"UR:40003021907-PK:{OLD}"},
        {"subject": f"AU:1-PK:{OLD}-UR:40003021907"},
    ],
    ids=str,
)
def test_an_honest_signature_is_not_enough(read: Callable[..., Any], pair: Pair, how: dict[str, Any]) -> None:
    refusal(read, response(signed(assertion(**how), pair)))


def test_a_second_audience_restriction_binds_too(read: Callable[..., Any], pair: Pair) -> None:
    token = assertion()
    conditions = token.find(f"{{{sts.SAML}}}Conditions")
    assert conditions is not None
    other = copy.deepcopy(conditions[0])
    other[0].text = "urn:somebody:else"
    conditions.append(other)
    refusal(read, response(signed(token, pair)))


# signatures that prove nothing


def test_no_signature(read: Callable[..., Any]) -> None:
    refusal(read, response(assertion()))


def test_somebody_elses_key_with_its_certificate_brought_along(read: Callable[..., Any]) -> None:
    refusal(read, response(signed(assertion(), Pair())))


def test_a_certificate_whose_time_is_over(read: Callable[..., Any], tmp_path: Any) -> None:
    old = Pair(days=-1, begins=-30)
    _, file = old.write(tmp_path, "old")
    assert "certificate" in refusal(read, response(signed(assertion(), old)), certificate_files=[file])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("16117519997", "01018015097"),
        (">4</saml:AttributeValue>", ">3</saml:AttributeValue>"),
        ("Šķēle", "Skele"),
        ("SWEDBANK", "EID"),
        (sts.REALM, "urn:portal:tesT"),
    ],
)
def test_a_changed_word(read: Callable[..., Any], pair: Pair, before: str, after: str) -> None:
    text = etree.tostring(signed(assertion(), pair), encoding="unicode")
    assert before in text
    refusal(read, response(etree.fromstring(text.replace(before, after))))


def _evil(**how: Any) -> etree._Element:
    return assertion(subject="PK:01018015097", codes=("01018015097",), **how)


def test_wrapped_signatures(read: Callable[..., Any], pair: Pair) -> None:
    """An honestly signed assertion somewhere, and another one in the place that is read."""
    honest = signed(assertion(), pair)
    name = honest.get("AssertionID") or ""
    seal = copy.deepcopy(honest.find(f"{{{sts.DSIG}}}Signature"))
    assert seal is not None
    forged: list[str] = []

    inside = _evil()
    inside.append(copy.deepcopy(seal))
    inside.append(copy.deepcopy(honest))
    forged.append(response(inside))

    in_object = _evil()
    holder = copy.deepcopy(seal)
    etree.SubElement(holder, f"{{{sts.DSIG}}}Object").append(copy.deepcopy(honest))
    in_object.append(holder)
    forged.append(response(in_object))

    same_name = _evil(assertion_id=name)
    same_name.append(copy.deepcopy(seal))
    forged.append(response(same_name))

    forged.append(response(_evil(), honest))
    forged.append(response(honest, _evil()))

    two_tokens = response(honest).replace(
        "<t:RequestedSecurityToken>",
        f"<t:RequestedSecurityToken>{etree.tostring(_evil()).decode()}",
    )
    forged.append(two_tokens)

    around = etree.Element(f"{{{sts.SAML}}}Assertion", AssertionID=name, nsmap={"saml": sts.SAML})
    around.extend(list(_evil()))
    around.append(honest)
    forged.append(response(around))

    beside = response(_evil()).replace(
        "</t:RequestSecurityTokenResponse>", f"{etree.tostring(honest).decode()}</t:RequestSecurityTokenResponse>"
    )
    forged.append(beside)

    for number, wresult in enumerate(forged):
        assert refusal(read, wresult), number


def test_a_signature_about_a_part_or_about_everything(read: Callable[..., Any], pair: Pair) -> None:
    part = assertion()
    statement = part[1]
    statement.set("AssertionID", "_part")
    refusal(read, response(signed(part, pair, reference_uri="_part")))
    refusal(read, response(signed(assertion(), pair, reference_uri=None)))


def test_a_signature_in_another_canonical_form(read: Callable[..., Any], pair: Pair) -> None:
    refusal(read, response(signed(assertion(), pair, c14n_algorithm="http://www.w3.org/2006/12/xml-c14n11")))


def test_a_comment_cannot_cut_a_code_in_two(read: Callable[..., Any], pair: Pair) -> None:
    """Comments are not signed: PK:161175<!-- -->19997 would still verify and read as something shorter."""
    wresult = response(signed(assertion(), pair)).replace("PK:16117519997", "PK:16117519997<!---->1")
    refusal(read, wresult)
    honest = response(signed(assertion(), pair))
    refusal(read, honest.replace("PK:161175", "PK:161175<!-- x -->"))
    refusal(read, honest.replace("PK:161175", "PK:161175<?x y?>"))


# encryption


def test_an_encrypted_token_is_checked_like_any_other(
    read: Callable[..., Any], pair: Pair, our_pair: Pair
) -> None:
    public = our_pair.key.public_key()
    refusal(read, response(encrypted(assertion(), public)))
    refusal(read, response(encrypted(signed(assertion(audience="urn:else"), pair), public)))
    refusal(read, response(encrypted(signed(assertion(), Pair()), public)))


def test_encryption_that_is_broken_or_not_for_us(read: Callable[..., Any], pair: Pair, our_pair: Pair) -> None:
    public = our_pair.key.public_key()
    token = signed(assertion(), pair)
    refusal(read, response(encrypted(token, Pair().key.public_key())))
    refusal(read, response(encrypted(token, public, oaep=False)))
    for gcm in (True, False):
        sealed = encrypted(token, public, gcm=gcm)
        value = sealed.findall(f".//{{{sts.XENC}}}CipherValue")[-1]
        assert value.text is not None
        value.text = value.text[:40] + ("A" if value.text[40] != "A" else "B") + value.text[41:]
        refusal(read, response(sealed))
    refusal(read, response(token), require_encryption=True)
    refusal(read, response(encrypted(token, public)), decryption_key_file="")


# documents that are weapons


@pytest.mark.parametrize(
    "wresult",
    [
        "",
        "no xml",
        "<a/>",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><a/>',
        '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l>&c;</l>',
        "<a>&undefined;</a>",
        "<a>" * 200 + "</a>" * 200,
        "<a>" + "<b/>" * 20_000 + "</a>",
        "<a>" + "x" * 600_000 + "</a>",
        '<?xml version="1.0" encoding="utf-16"?><a/>',
        "\ud800<a/>",
        "<a><!-- c --></a>",
        f'<t:RequestSecurityTokenResponse xmlns:t="{sts.TRUST_2005}"/>',
    ],
    ids=lambda text: str(text[:20]),
)
def test_a_document_that_is_a_weapon(read: Callable[..., Any], wresult: str) -> None:
    refusal(read, wresult)


def test_a_document_type_around_an_honest_token(read: Callable[..., Any], pair: Pair) -> None:
    honest = response(signed(assertion(), pair))
    refusal(read, "<!DOCTYPE x [<!ENTITY y 'z'>]>" + honest)
    assert read('<?xml version="1.0" encoding="utf-8"?>\n' + honest).person_codes == (OLD,)
