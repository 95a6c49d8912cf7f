"""Usernames that can't be confused with others."""

from confusable_homoglyphs import categories, confusables
from precis_i18n import get_profile

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import Username

# The "highly restrictive" level of Unicode Technical Standard 39, section 5.2.
COMPATIBLE_SCRIPTS = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
SHARED_SCRIPTS = {"COMMON", "INHERITED"}


class PrecisUsernameRules:
    """Accepts usernames of the PRECIS profile (RFC 8265), in one script, without look-alikes."""

    def __init__(self) -> None:
        self._profile = get_profile("UsernameCasePreserved")

    def parse(self, username: str) -> Username:
        try:
            name = Username(self._profile.enforce(username.strip()))
        except UnicodeEncodeError:
            raise _refusal(
                "Must be letters, digits and the characters . @ + - _ only, "
                "none of them invisible or a variant of another."
            ) from None
        if name.is_reserved:
            raise _refusal(f"Must not begin with {Username.ERASED}.")
        scripts = categories.unique_aliases(name.value) - SHARED_SCRIPTS
        if len(scripts) > 1 and not any(scripts <= together for together in COMPATIBLE_SCRIPTS):
            raise _refusal("Must not mix scripts: letters of one look like letters of another.")
        if scripts and "LATIN" not in scripts and _looks_latin(name.value):
            raise _refusal("Must not be written in letters that all look like Latin ones.")
        return name


def _looks_latin(name: str) -> bool:
    letters = {letter for letter in name if letter.isalpha()}
    alike = confusables.is_confusable(name, greedy=True, preferred_aliases=["latin"]) or []
    return letters <= {found["character"] for found in alike}


def _refusal(problem: str) -> InvalidValues:
    return InvalidValues({"username": problem})
