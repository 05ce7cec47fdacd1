"""The table of recognised headings in the user's guide: `python -m accounts.guide` writes it anew. A test compares."""

from __future__ import annotations

from pathlib import Path

from . import headings

FOLDER = Path(__file__).parents[1] / "docs" / "user"
SECTIONS = {"en": "## Headings that are recognised", "pl": "## Rozpoznawane nagłówki"}
_HEAD = {"en": ("Column", "Headings"), "pl": ("Kolumna", "Nagłówki")}
_FIELDS = {
    "address": {"en": "E-mail address", "pl": "Adres e-mail"},
    "name": {"en": "Account name", "pl": "Nazwa konta"},
    "domain": {"en": "Domain", "pl": "Domena"},
    "first_name": {"en": "First name", "pl": "Imię"},
    "last_name": {"en": "Last name", "pl": "Nazwisko"},
    "display_name": {"en": "Display name", "pl": "Nazwa wyświetlana"},
    "slot": {"en": "Account to configure", "pl": "Konto do skonfigurowania"},
    "aliases": {"en": "Aliases", "pl": "Aliasy"},
    "contact": {"en": "Contact address", "pl": "Adres kontaktowy"},
}
_PASSWORD = {
    "en": ("Password", "any word that begins with {begins}, or ends with {ends}; {phrases}"),
    "pl": ("Hasło", "każde słowo, które zaczyna się od {begins} albo kończy na {ends}; {phrases}"),
}


def table(language: str) -> str:
    """The table as Markdown, made from what `headings` recognises."""
    rows = [_HEAD[language]]
    for field, languages in headings.TABLE.items():
        texts = dict.fromkeys(text for texts in languages.values() for text in texts)
        rows.append((_FIELDS[field][language], _listed(texts)))
    name, words = _PASSWORD[language]
    rows.append(
        (
            name,
            words.format(
                begins=_listed(headings.PASSWORD_BEGINNINGS),
                ends=_listed(headings.PASSWORD_ENDINGS),
                phrases=_listed(headings.PASSWORD_PHRASES),
            ),
        )
    )
    lines = [f"| {left} | {right} |" for left, right in rows]
    return "\n".join([lines[0], "| --- | --- |", *lines[1:]])


def _listed(texts: object) -> str:
    assert isinstance(texts, (dict, tuple))
    return ", ".join(f"`{text}`" for text in texts)


def written(text: str, language: str) -> str:
    """The guide's page with the table as it is now: it stands at the end of its section."""
    before, section, after = text.partition(SECTIONS[language])
    words, _table, rest = after.partition("\n| ")
    _old, found, following = rest.partition("\n\n## ")
    return f"{before}{section}{words}\n{table(language)}\n" + (f"\n## {following}" if found else "")


def main() -> None:
    for language in SECTIONS:
        page = FOLDER / language / "bulk.md"
        page.write_text(written(page.read_text(encoding="utf-8"), language), encoding="utf-8")


if __name__ == "__main__":
    main()
