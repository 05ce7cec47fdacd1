"""What the headings of tables mean, in the languages of our users and in the exports of other systems. Pure.

A heading is looked up whole first, then by the property in its brackets (`User name [userPrincipalName] Required`),
then by its words. `docs/user/*/bulk.md` shows this table; a test keeps them in step.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from .rules import fold

ANY_NAME = "any_name"  # a name of whatever kind: the headings beside it tell

# field → language or system → headings, as `plain` leaves them.
TABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "address": {
        "English": ("email address", "e mail address", "email", "e mail", "mail", "email account", "e mail account",
                    "primary email", "mailbox", "account", "username", "user name", "upn", "user principal name",
                    "email id", "mail address", "login email"),
        "Polish": ("adres email", "adres e mail", "konto email", "konto e mail", "nazwa uzytkownika",
                   "glowna nazwa uzytkownika", "uzytkownik", "skrzynka", "konto", "adres poczty", "poczta",
                   "adres skrzynki", "email uzytkownika"),
        "German": ("e mail adresse", "email adresse", "mailadresse", "benutzerprinzipalname", "benutzername",
                   "postfach", "konto", "e mail konto"),
        "French": ("adresse e mail", "adresse email", "adresse mail", "adresse electronique", "courriel",
                   "nom d utilisateur principal", "nom d utilisateur", "boite aux lettres", "compte",
                   "nom principal de l utilisateur", "adresse de messagerie"),
        "Spanish": ("correo electronico", "correo", "direccion de correo", "direccion de correo electronico",
                    "nombre principal de usuario", "nombre de usuario", "buzon", "cuenta"),
        "Italian": ("indirizzo email", "indirizzo e mail", "posta elettronica", "indirizzo di posta elettronica",
                    "nome dell entita utente", "nome principale utente", "nome utente", "casella", "account"),
        "Czech": ("e mailova adresa", "emailova adresa", "hlavni nazev uzivatele", "uzivatelske jmeno", "schranka",
                  "ucet"),
        "Microsoft, Google, Exchange, Zimbra": ("userprincipalname", "primary smtp address", "windows email address",
                                                "email address required", "emailaddress", "mail primary address"),
    },
    "name": {
        "English": ("account name", "local part", "localpart", "login", "alias", "login name"),
        "Polish": ("nazwa konta", "nazwa skrzynki"),
        "German": ("kontoname", "anmeldename"),
        "French": ("nom du compte", "identifiant"),
        "Spanish": ("nombre de la cuenta",),
        "Italian": ("nome account", "nome dell account"),
        "Czech": ("nazev uctu",),
        "Active Directory, Plesk": ("sam account name", "mail nickname", "samaccountname", "mailname", "mail name"),
    },
    "domain": {
        "English": ("domain", "domain name", "mail domain"),
        "Polish": ("domena", "nazwa domeny"),
        "German": ("domane", "domaene"),
        "French": ("domaine",),
        "Spanish": ("dominio",),
        "Italian": ("dominio",),
        "Czech": ("domena",),
    },
    "first_name": {
        "English": ("first name", "firstname", "given name", "forename", "given names", "first names"),
        "Polish": ("imie", "imiona"),
        "German": ("vorname", "vornamen", "rufname"),
        "French": ("prenom", "prenoms"),
        "Spanish": ("nombre de pila", "primer nombre"),
        "Italian": ("nome proprio", "nome di battesimo"),
        "Czech": ("jmeno", "krestni jmeno"),
        "Active Directory, LDAP": ("givenname",),
    },
    "last_name": {
        "English": ("last name", "lastname", "surname", "family name", "second name"),
        "Polish": ("nazwisko", "nazwiska"),
        "German": ("nachname", "familienname", "zuname"),
        "French": ("nom de famille",),
        "Spanish": ("apellido", "apellidos", "primer apellido"),
        "Italian": ("cognome",),
        "Czech": ("prijmeni",),
        "Active Directory, LDAP": ("sn",),
    },
    "display_name": {
        "English": ("display name", "full name", "sender name"),
        "Polish": ("nazwa do wyswietlenia", "nazwa wyswietlana", "imie i nazwisko", "nazwisko i imie",
                   "nazwa nadawcy", "pelna nazwa"),
        "German": ("anzeigename", "vollstandiger name", "vor und nachname"),
        "French": ("nom complet", "nom d affichage", "nom affiche", "nom et prenom"),
        "Spanish": ("nombre para mostrar", "nombre completo", "nombre y apellidos", "nombre mostrado"),
        "Italian": ("nome visualizzato", "nome completo", "nome e cognome"),
        "Czech": ("zobrazovany nazev", "zobrazovane jmeno", "cele jmeno", "jmeno a prijmeni"),
        "Active Directory, LDAP": ("displayname", "cn"),
    },
    "contact": {
        "English": ("contact address", "contact email", "contact e mail", "contact", "recovery email",
                    "alternate email address", "alternate email addresses", "alternative email address",
                    "alternate email", "private email", "personal email"),
        "Polish": ("adres kontaktowy", "email kontaktowy", "e mail kontaktowy", "alternatywny adres email",
                   "alternatywny adres e mail", "kontakt", "prywatny email", "prywatny e mail", "email prywatny",
                   "prywatny adres e mail"),
        "German": ("kontaktadresse", "alternative e mail adresse", "alternative e mail adressen", "private e mail"),
        "French": ("adresse de contact", "adresse e mail de secours", "autre adresse e mail"),
        "Spanish": ("correo de contacto", "correo alternativo", "correo de recuperacion"),
        "Italian": ("indirizzo di contatto", "email di recupero", "indirizzo email alternativo"),
        "Czech": ("kontaktni adresa", "alternativni e mail"),
    },
    "slot": {
        "English": ("slot", "slot address", "account to configure"),
        "Polish": ("adres slotu", "konto do skonfigurowania"),
    },
    "aliases": {
        "English": ("aliases", "email aliases", "e mail aliases", "email alias", "e mail alias", "alias addresses",
                    "email address aliases", "other addresses"),
        "Polish": ("aliasy", "aliasy email", "aliasy e mail", "alias email", "alias e mail", "adresy dodatkowe",
                   "dodatkowe adresy"),
        "German": ("aliase", "aliasadressen", "alias adressen", "e mail aliase"),
        "French": ("alias e mail", "adresses alias"),
        "Spanish": ("alias de correo", "direcciones alias"),
        "Italian": ("alias email", "indirizzi alias"),
        "Czech": ("aliasy e mailu",),
    },
}  # fmt: skip
PASSWORD_BEGINNINGS = (
    "pass", "pwd", "psw", "hasl", "kennwort", "passwort", "kenwort", "contrasen", "clave", "heslo", "hesla", "senha",
    "parola", "motdepasse", "mdp", "userpass", "initialpass", "temppass", "wachtwoord", "losenord",
)  # fmt: skip
PASSWORD_ENDINGS = ("passwort", "kennwort", "password", "passwd", "pwd", "haslo")
PASSWORD_PHRASES = ("mot de passe", "parola d ordine", "code d acces")
# Words beside "password" that speak of something else: its hash, its age, whether it has to be changed.
_ABOUT_PASSWORDS = (
    "hash", "change", "hint", "expir", "never", "last", "set", "polic", "strong", "age", "count", "reset", "force",
    "question", "must", "days", "date", "time", "length", "type", "status", "skrot", "wygas", "zmian", "zmien",
    "ostatni", "podpowiedz", "andern", "anderung", "geandert", "lauft", "ablauf", "zuruck", "changer", "modifi",
    "cambi", "caduc", "scad", "zmen", "vypr", "next", "require", "enabled", "notrequired", "neverexpires", "lastset",
    "manager", "complexity", "protected", "port", "ive", "siln", "wymag", "stark", "erforderlich", "fort", "exige",
    "requis", "segur", "requer", "compless", "obblig", "povin", "zmena", "ander", "modific", "old", "previous",
    "former", "star", "poprzed", "dotychczas", "alt", "bisherig", "ancien", "preced", "anterior", "antigu", "vecchi",
    "puvodni",
)  # fmt: skip
_ABOUT_WITHIN = ("ander", "ablauf", "hash", "expir", "richtlinie")  # in one word with "password"
_AGAIN = (
    "confirm", "repeat", "again", "retype", "verify", "powtorz", "potwierdz", "ponownie", "wiederhol", "bestatig",
    "confirmation", "confirmer", "repetir", "confirmar", "ripeti", "conferma", "znovu", "potvr",
)  # fmt: skip
# Columns whose cells may look like passwords and are none.
_IDENTIFIERS = frozenset({
    "id", "ids", "guid", "uuid", "sid", "dn", "uid", "identifier", "identyfikator", "employee", "pracownik", "phone",
    "telefon", "telefono", "telephone", "mobile", "fax", "department", "office", "room", "pokoj", "licenses", "license",
    "licences", "licence", "sku", "city", "address", "street", "country", "created", "when", "photo", "url", "serial",
})  # fmt: skip
_CONTACT_WORDS = (
    "recovery", "alternat", "contact", "kontakt", "privat", "personal", "prywatn", "zapas", "secours", "recuper",
    "persona", "soukrom", "backup", "rescue", "odzysk",
)  # fmt: skip
_OTHER_MAIL = (
    "alias", "proxy", "forward", "secondary", "other", "home", "work secondary", "quota", "dodatkow", "przekier",
    "manager", "host", "server", "enabled", "type", "size", "status", "nick", "send", "notif", "database", "policy",
    "created", "plan", "limit", "last", "count", "przeloz", "kierownik", "format", "signature", "language",
)  # fmt: skip
# Whose address it is, if not the account's.
_OTHER_PEOPLE = (
    "supervisor", "assistant", "przelozon", "zastep", "asystent", "vorgesetzt", "vertret", "assistent", "responsable",
    "superieur", "jefe", "asistent", "superior", "responsabile", "assistente", "nadrizen", "zadost", "owner",
    "wlasciciel", "requester", "modified", "parent", "guardian",
)  # fmt: skip
_BY = frozenset({"by", "przez", "von", "par", "por", "da"})
_MAIL_WORDS = frozenset({"email", "mail", "emails", "smtp", "emailaddress", "upn", "courriel", "correo", "mailadresse",
                         "emailadresse", "mailbox"})  # fmt: skip
ANY_NAMES = {
    "name": "display_name", "names": "display_name", "nom": "display_name", "nombre": "display_name",
    "nombres": "display_name", "nome": "display_name", "nazwa": "last_name", "naam": "display_name",
}  # fmt: skip
LAST_RESORTS = {"address": "address", "adres": "address", "adresse": "address", "direccion": "address",
                "indirizzo": "address", "adresa": "address", "user": "address", "benutzer": "address",
                "utilisateur": "address", "usuario": "address", "utente": "address", "uzivatel": "address",
                "userid": "address"}  # fmt: skip
_KNOWN = {text: field for field, languages in TABLE.items() for texts in languages.values() for text in texts}
_NOTES = re.compile(r"\((?:[^()]*)\)")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERING = re.compile(r"^\s*(?:\d{1,3}|[a-zA-Z])\s*[.):]\s+")
_TRAILING = re.compile(r"\b(?:required|optional|wymagane|opcjonalne|obligatoire|pflichtfeld)\s*$")


class Sureness(IntEnum):
    """Of two headings for one field the surer counts."""

    KNOWN = 0
    LIKELY = 1  # by its words
    LAST_RESORT = 2  # Microsoft's "Address" is a street
    AGAIN = 3  # the password once more


class Meaning(NamedTuple):
    field: str
    sureness: Sureness
    alone: str = ""  # of ANY_NAME: what it means with no other name beside it


def plain(heading: str) -> str:
    """A heading without accents, case, punctuation, numbering and notes in brackets (`(optional)`, `*`)."""
    text = _NOTES.sub(" ", _BRACKETS.sub(" ", _NUMBERING.sub("", heading)))
    text = re.sub(r"[\W_]+", " ", fold(_CAMEL.sub(" ", text))).strip()
    return _TRAILING.sub("", text).strip()


@lru_cache(maxsize=4096)
def meaning(heading: str) -> Meaning | None:
    """What a heading means; None where nobody knows."""
    if len(heading) > 120:
        return None
    property_ = _BRACKETS.search(heading)
    texts = [plain(heading), plain(property_[1]) if property_ else ""]
    for text in reversed(texts):
        for each in (text, text.replace(" ", "")) if text else ():
            if each in _KNOWN:
                return Meaning(_KNOWN[each], Sureness.KNOWN)
    for text in texts:
        if _speaks_of_password(text):
            again = any(word.startswith(_AGAIN) for word in text.split())
            first = _is_password_word(text.split()[0])
            return Meaning("password", Sureness.AGAIN if again and not first else Sureness.KNOWN)
    for text in reversed(texts):
        if text in ANY_NAMES:
            return Meaning(ANY_NAME, Sureness.LAST_RESORT, ANY_NAMES[text])
        if text in LAST_RESORTS:
            return Meaning(LAST_RESORTS[text], Sureness.LAST_RESORT)
    return _by_words(texts[0])


def _by_words(text: str) -> Meaning | None:
    """`Work e-mail address`, `Firmowy e-mail`: an address where nothing speaks against it."""
    words = text.replace("e mail", "email").split()
    if not _MAIL_WORDS & set(words) or len(words) > 5:
        return None
    if any(word.startswith(_OTHER_MAIL) for word in words):
        return None
    contact = any(word.startswith(_CONTACT_WORDS) for word in words)
    return Meaning("contact" if contact else "address", Sureness.LIKELY)


def _is_password_word(word: str) -> bool:
    if word.startswith(("passport", "passive", "passage", "passenger")):
        return False
    if any(about in word for about in _ABOUT_WITHIN):  # Kennwortänderung
        return False
    return word.startswith(PASSWORD_BEGINNINGS) or word.endswith(PASSWORD_ENDINGS)


def _speaks_of_password(text: str) -> bool:
    words = text.split()
    if not any(map(_is_password_word, words)) and not any(f" {phrase} " in f" {text} " for phrase in PASSWORD_PHRASES):
        return False
    others = [word for word in words if not _is_password_word(word)]
    return not any(word.startswith(_ABOUT_PASSWORDS) for word in others) and len(words) <= 6


def of_identifiers(heading: str) -> bool:
    """Whether a column holds what may look like a password and is none: identifiers, telephone numbers, rooms."""
    return not of_password(heading) and not _IDENTIFIERS.isdisjoint(plain(heading).split())


def of_somebody_else(heading: str) -> bool:
    """Whether addresses below it are not the account's own: of aliases, of where mail is sent on, of other people."""
    words = plain(heading).split()
    return not _BY.isdisjoint(words) or any(word.startswith((*_OTHER_MAIL, *_OTHER_PEOPLE)) for word in words)


def of_password(heading: str) -> bool:
    found = meaning(heading)
    return found is not None and found.field == "password"
