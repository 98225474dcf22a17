"""Letters in which a mail system gives a mail back, in words and not in fields: who is named in them, and with what words.

Hundreds of forms are about, but they are of few builds: an address begins a line and the reason follows, up to an empty
line or the next address (qmail, Postfix, Exim, Yahoo …); addresses in a list, and a transcript that names them again
(sendmail); or one address within a sentence. What was sent follows at the end, and is not looked at.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from reconciler.mail.bounce_reason import ADDRESS, find_status, plain, reason, said
from reconciler.mail.bounce_words import DAEMONS, DELAYS, FINALS, FORMS, OPENERS, ORIGINALS, SUBJECTS, one_of
from reconciler.mail.dissect import Mail, Part
from reconciler.mail.verdict import Fate, Finding, Verdict, heaviest

_LINES: Final = 400
"""Lines of a letter that are looked at."""
MOST: Final = 50
"""Recipients of one letter that are looked at."""

_OPENERS, _DELAYS, _FINALS, _ORIGINALS = (one_of(words) for words in (OPENERS, DELAYS, FINALS, ORIGINALS))
_DAEMONS, _SUBJECTS = one_of(DAEMONS), one_of(SUBJECTS)
_FORMS: Final = tuple((name, one_of(words)) for name, words in FORMS)
_TAG: Final = re.compile(r"<[^<>@]{0,1000}>")
_BREAK: Final = re.compile(r"<(?:br|/p|/tr|/div|/h\d|/li)\b[^<>]{0,200}>|<p>", re.I)
_ENTITIES: Final = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_LEAD: Final = re.compile(
    r"""^[\s*•·+\-"'\[(]{0,20}(?:\d{1,3}[.)]\s)?(?P<label>[^\W\d][\w .()'/-]{0,60}?:\s{0,9})?["'<\[(]{0,3}"""
    r"""(?:(?:mailto|rfc822|smtp)[:;=])?"""
    r"""(?:"[^"<>]{0,60}"\s{0,3}<)?$""",
    re.I,
)
"""What may stand on a line before an address that begins it."""
_NOT_LABELS: Final = re.compile(
    r"from|sender|reply|contact|\bcc\b|\bby\b|subject|return|help|support|message|list|^\W*to\b"
    r"|original|sent|id\b|server|generating|http"
)
_HEADER: Final = re.compile(
    r"^[\s*]{0,9}(?:to|cc|from|von|an|de|sender|sent|reply-to|subject|message-id|return-path)\s{0,3}:", re.I
)
_ALIAS: Final = re.compile(rf"\((?:expanded|generated) from:? {{0,3}}<?({ADDRESS.pattern})", re.I)
"""Where the address that we sent to stands for another one."""
_NOT_RECIPIENTS: Final = re.compile(
    r"^(?:post-?master|mailer-?daemon|abuse|support|helpdesk|webmaster|hostmaster|admin-?help)@", re.I
)
_PREFIX: Final = re.compile(r"^(?:smtp|rfc822|mailto|imceaex?[\w-]{0,20})[=:]|^[.'=/*`{|]+", re.I)
_OF_MESSAGE: Final = re.compile(r"^[\s>]{0,4}message-id:\s{0,9}(<[^<>\s]{1,250}>)", re.I | re.M)


@dataclass(frozen=True)
class Notice:
    """The words of a letter: subject, lines up to where the returned mail begins, and the rest."""

    subject: str
    lines: tuple[str, ...]
    rest: str
    ours: frozenset[str]
    """Addresses in its own headers, in lower case: whoever wrote it and to whom, not whom it is about."""

    @cached_property
    def text(self) -> str:
        """Its lines, without the subject of what we sent: that may say anything."""
        return "\n".join(line for line in self.lines if not _HEADER.match(line))

    @cached_property
    def is_warning(self) -> bool:
        """Whether it says that the other side still tries."""
        line = plain(self.text)
        return bool(_DELAYS.search(line)) and not _FINALS.search(line)

    @cached_property
    def says(self) -> Fate:
        """The reason that it gives as a whole."""
        return reason(self.text)

    @cached_property
    def words(self) -> frozenset[Fate]:
        """All that it says, of whomever."""
        return said(self.text)

    @cached_property
    def blocks(self) -> dict[str, str]:
        """By address that begins a line: the words from there to an empty line or the next address."""
        found: dict[str, list[str]] = {}
        current: list[str] = []
        for line in self.lines:
            address = self._begins(line)
            if address and (address in found or len(found) < MOST):
                current = found.setdefault(address, [])
                current.append(line)
            elif line.strip():
                current.append(line)
            else:
                current = []
        return {address: "\n".join(lines) for address, lines in found.items()}

    def about(self, address: str) -> str:
        """The words that stand beside an address: its block, and the lines that name it."""
        wanted = address.casefold()
        block = next((text for one, text in self.blocks.items() if one.casefold() == wanted), "")
        block = block or next((text for text in self.blocks.values() if wanted in text.casefold()), "")
        named = [line for line in self.lines if wanted in line.casefold() and line not in block]
        return "\n".join((block, *named[:5])).strip()

    def reason_for(self, address: str) -> Fate:
        """Why it was not delivered to one of its recipients. What is said of nobody counts if it is all that is said."""
        fate, alone = reason(self.about(address)), len(self.blocks) < 2
        if fate is Fate.HARD and alone and self.says in (Fate.SOFT, Fate.POLICY):
            return self.says
        if fate is Fate.UNKNOWN and (alone or len(self.words) == 1):
            return self.says
        return fate

    def named(self) -> tuple[str, ...]:
        """Whom it is about: addresses that begin lines, else those in sentences that give a reason."""
        if self.blocks:
            aliases = (match[1] for text in self.blocks.values() for match in _ALIAS.finditer(text))
            return tuple(dict.fromkeys((*self.blocks, *aliases)))[:MOST]
        lines = [line for line in (*self.lines[:100], self.subject) if not _HEADER.match(line)]
        for some in ([line for line in lines if _OPENERS.search(line)], lines):
            found = {address: None for line in some for address in self._addresses(line)}
            if found:  # of several, nobody can tell which
                return tuple(found) if len(found) == 1 else ()
        return ()

    def _begins(self, line: str) -> str | None:
        match = ADDRESS.search(line[:300])
        lead = _LEAD.match(line[: match.start()]) if match else None
        if not match or not lead or (lead["label"] and _NOT_LABELS.search(lead["label"].lower())):
            return None
        return next(iter(self._addresses(line[:300])), None)

    def _addresses(self, line: str) -> list[str]:
        found = (_PREFIX.sub("", match[0]) for match in ADDRESS.finditer(line[:1_000]))
        return [one for one in found if one.casefold() not in self.ours and not _NOT_RECIPIENTS.match(one)]


def read_notice(mail: Mail) -> Notice:
    """The words of a mail, whether it gives something back or not."""
    texts: list[str] = []
    for part in mail.parts[:8]:
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/delivery-status"):
            break
        if part.type in ("text/plain", "text/html"):
            texts.append(_words_of(part))
    # A second part in HTML says what the first one said.
    whole = "\n".join(texts[:1] if len(texts) > 1 and len(texts[0]) > 200 else texts)
    at = next((m.start() for m in _ORIGINALS.finditer(whole) if whole[: m.start()].strip()), len(whole))
    lines = tuple(line for line in whole[:at].split("\n")[:_LINES] if not line.startswith(">"))
    headers = " ".join(
        mail.top.header(name) for name in ("from", "sender", "reply-to", "to", "delivered-to", "errors-to")
    )
    ours = frozenset(one.casefold() for one in ADDRESS.findall(headers))
    return Notice(mail.top.header("subject"), lines, whole[at:], ours)


def read_letter(mail: Mail, notice: Notice) -> Verdict | None:
    """What a letter says that gives a mail back; None where it is another mail."""
    failed = ADDRESS.findall(" ".join(mail.top.headers.get("x-failed-recipients", ())))[:MOST]
    if not failed and not _gives_back(mail, notice):
        return None
    addresses = tuple(dict.fromkeys(failed)) or notice.named()
    fates = {one: Fate.DELAYED if notice.is_warning else notice.reason_for(one) for one in addresses}
    findings = tuple(
        Finding(one, fate, find_status(notice.about(one)), " ".join(notice.about(one).split())[:500])
        for one, fate in fates.items()
    )
    line = plain(notice.text)
    form = next((name for name, pattern in _FORMS if pattern.search(line)), "header" if failed else "words")
    alone = Fate.DELAYED if notice.is_warning else notice.says
    return Verdict(heaviest(tuple(fates.values())) if fates else alone, f"text:{form}", findings)


def message_id_in(text: str) -> str | None:
    """The Message-ID among headers that a letter quotes."""
    match = _OF_MESSAGE.search(text)
    return match[1] if match else None


def is_from_daemon(mail: Mail) -> bool:
    """Whether no person has written it: from a mail system, or with the null return path."""
    path = mail.top.header("return-path").strip()
    reports = mail.top.parameters.get("report-type", "").lower() == "delivery-status"
    return path == "<>" or reports or bool(_DAEMONS.search(mail.top.header("from")))


def _gives_back(mail: Mail, notice: Notice) -> bool:
    opens = bool(_OPENERS.search(plain(notice.text)))
    names_it = bool(_SUBJECTS.search(notice.subject))
    if is_from_daemon(mail):
        return opens or names_it or notice.is_warning
    return names_it and (opens or notice.is_warning)


def _words_of(part: Part) -> str:
    text = part.text
    if part.type != "text/html":
        return text
    text = _TAG.sub(" ", _BREAK.sub("\n", text))
    for name, sign in _ENTITIES.items():
        text = text.replace(name, sign)
    return text
