"""Telephone numbers: whether one can be, and how it is written everywhere (E.164). The door of `phonenumbers`."""

from functools import cache
from types import ModuleType
from typing import Final

LONGEST: Final = 60
"""Characters of a number as somebody writes it."""


class NotAPhone(ValueError):
    """Why a text is no telephone number, in a sentence."""


def phone_of(text: str, country: str | None) -> str:
    """The number as +31612345678. NotAPhone otherwise. `country` is that of numbers without one, as ISO 3166 has it."""
    if len(text) > LONGEST:
        raise NotAPhone(f"it has {len(text)} characters")
    library = _library()
    try:
        number = library.parse(text, country)
    except library.NumberParseException as error:
        if error.error_type == library.NumberParseException.INVALID_COUNTRY_CODE:
            raise NotAPhone("its country is not known") from None
        raise NotAPhone("it has too few digits, too many, or other signs") from None
    if not library.is_valid_number(number):
        raise NotAPhone("no such number is given out")
    return str(library.format_number(number, library.PhoneNumberFormat.E164))


@cache
def _library() -> ModuleType:
    # Imported for the first number: 40 ms, and its country's rules 1 ms more.
    import phonenumbers

    return phonenumbers
