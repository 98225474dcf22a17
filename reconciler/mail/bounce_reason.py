"""Why a mail was given back: from a status (RFC 3463), the answer's code and the words beside it, to hard, soft or policy.

Words that a mailbox is full, that the mail was blocked, or that the fault may pass, count more than any code; a code that
says so counts more than words that say "no such user". So "550 5.1.1 over quota" and "5.2.2 unknown user" are both soft.
"""

import re
from typing import Final

from reconciler.mail.bounce_words import STATUS, WORDS, one_of
from reconciler.mail.verdict import Fate

LOOKED_AT: Final = 2_500
"""Characters of a reason that are looked at."""

ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_HOST: Final = re.compile(r"\b(?!\d+\.\d+\.\d+\b(?!\.))(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}\b(?![@\w])")
_LISTS: Final = re.compile(r"spamhaus|spamcop|barracuda|sorbs|uceprotect|abuseat|surbl|cloudmark|senderbase|mailspike")
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_CODE: Final = re.compile(r"(?<![\d.:-])([45])(\d\d)(?=[\s\-#:<(]|$)(?! ?(?:seconds|bytes|kb|k|minutes|hours|days)\b)")
_WORDS: Final = tuple((fate, one_of(words)) for fate, words in WORDS)


def find_status(text: str) -> str | None:
    """The first enhanced status code of a text."""
    match = _STATUS.search(text)
    return f"{match[1]}.{int(match[2])}.{int(match[3])}" if match else None


def plain(text: str) -> str:
    """A text as the words are matched: one line, lower case, no addresses, no hosts but those of block lists."""
    line = " ".join(text[:LOOKED_AT].lower().split())
    line = ADDRESS.sub("@", line)
    return _HOST.sub(lambda match: match[0] if _LISTS.search(match[0]) else "@", line)


def said(text: str) -> frozenset[Fate]:
    """All that a text's words say."""
    line = plain(text)
    return frozenset(fate for fate, pattern in _WORDS if pattern.search(line))


def reason(text: str, status: str | None = None) -> Fate:
    """What a final failure is: hard, soft or policy; unknown where neither words nor codes tell."""
    line = plain(text)
    by_words = next((fate for fate, pattern in _WORDS if pattern.search(line)), None)
    by_status = _of_statuses(status, text)
    code = _CODE.search(line)
    if by_status is Fate.POLICY:
        return by_status
    if by_words is not None and by_words is not Fate.HARD:
        return by_words
    if by_status is Fate.SOFT or (code and code[1] == "4"):
        return Fate.SOFT
    return by_status or by_words or _of_code(code) or Fate.UNKNOWN


def _of_statuses(status: str | None, text: str) -> Fate | None:
    """What the status and those within the text say: the gentlest of them, for relays repeat and replace them."""
    within = (f"{match[1]}.{int(match[2])}.{int(match[3])}" for match in _STATUS.finditer(text[:LOOKED_AT]))
    fates = {_of_status(one) for one in (status, *within)}
    return next((fate for fate in (Fate.POLICY, Fate.SOFT, Fate.HARD) if fate in fates), None)


def _of_status(status: str | None) -> Fate | None:
    kind, _, detail = (status or "").partition(".")
    subject = detail.partition(".")[0]
    if subject == "7" or (subject == "6" and kind == "5"):
        return Fate.POLICY
    if kind == "4":
        return Fate.SOFT
    return STATUS.get(detail)


def _of_code(code: re.Match[str] | None) -> Fate | None:
    """What a bare answer of RFC 5321 says; 550 and 554 are given for everything."""
    return {"551": Fate.HARD, "552": Fate.SOFT}.get(code[0]) if code else None
