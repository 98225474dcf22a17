"""What mail systems write when they give a mail back, as data: codes (RFC 3463), words, and the shapes of their letters.

The order of the words decides: a mailbox that is full, a block or a passing fault is looked for before "no such user", so
that an address is lost only where nothing else is said. The words are matched against text in lower case, in one line,
without addresses and names of hosts. None of the expressions repeats a repetition.
"""

import re
from typing import Final

from reconciler.mail.verdict import Fate

STATUS: Final[dict[str, Fate]] = {
    "1.1": Fate.HARD,  # bad mailbox
    "1.2": Fate.HARD,  # bad domain
    "1.3": Fate.HARD,  # bad syntax
    "1.4": Fate.SOFT,  # ambiguous
    "1.6": Fate.HARD,  # moved, no forwarding
    "1.7": Fate.POLICY,  # sender's mailbox
    "1.8": Fate.POLICY,  # sender's domain
    "1.10": Fate.HARD,  # null MX (RFC 7505)
    "2.1": Fate.HARD,  # disabled
    "2.2": Fate.SOFT,  # full
    "2.3": Fate.SOFT,  # too long for this mailbox
    "2.4": Fate.SOFT,  # a list's expansion
    "3.1": Fate.SOFT,  # system full
    "3.2": Fate.SOFT,
    "3.3": Fate.SOFT,
    "3.4": Fate.SOFT,  # too big for the system
    "4.1": Fate.SOFT,
    "4.2": Fate.SOFT,
    "4.3": Fate.SOFT,
    "4.4": Fate.HARD,  # no route: the domain names no mail server
    "4.5": Fate.SOFT,
    "4.6": Fate.SOFT,  # loop
    "4.7": Fate.SOFT,  # too long in the queue
}
"""By subject and detail of the status; subjects 6 (content) and 7 (security, policy) are policy whatever the detail."""

_BOX: Final = r"(?:mail ?box|mail ?folder|mail ?drop|inbox|account|quota|disk|storage|message store|user)"
_WHO: Final = (
    r"(?:user|user ?id|recipient|mail ?box|address|addressee|account|alias|domain|host|destination|person|name|login"
    r"|local part|mail account|e-?mail address|user ?name|recipient name|recipient address)"
)

WORDS: Final[tuple[tuple[Fate, str], ...]] = (
    # Full, or too large.
    (Fate.SOFT, _BOX + r"(?:'s|s)? [^.]{0,40}\b(?:full|exceed\w*|over ?quota|overdrawn)\b"),
    (Fate.SOFT, r"quota\b|space (?:is )?not enough"),
    (Fate.SOFT, r"exceed\w{0,3} [^.]{0,40}\b(?:quota|storage|limit|size|space)|quotaexceeded|mailboxfull"),
    (Fate.SOFT, r"too much mail|insufficient [^.]{0,20}(?:storage|space|resources)|not enough [^.]{0,20}(?:space|storage|room)"),
    (Fate.SOFT, r"no space left|out of (?:disk )?(?:space|storage|memory)|would be over (?:the|its|his)"),
    (Fate.SOFT, r"too (?:large|big)\b|size (?:limit|exceed)|message (?:is )?too long|maximum (?:message )?size"),
    (Fate.SOFT, r"postfach [^.]{0,40}voll|speicherplatz|boîte [^.]{0,40}(?:pleine|saturée)|quota (?:dépassé|atteint)"),
    (Fate.SOFT, r"buzón [^.]{0,40}llen|cuota [^.]{0,20}excedida|casella [^.]{0,40}piena|caixa [^.]{0,40}chei[ao]"),
    (Fate.SOFT, r"postvak [^.]{0,30}vol|ящик [^.]{0,30}переполнен|skrzynka [^.]{0,30}(?:pełna|przepełniona)|邮箱已满|容量"),
    # An answer that Exchange Online gives for addresses that do not exist, and others for blocks.
    (Fate.UNKNOWN, r"recipient address rejected: access denied"),
    # What was sent, or who sent it.
    (Fate.POLICY, r"\bspam\b|\buce\b|\bube\b|unsolicited|junk[- ]?mail|bulk[- ]?mail|\bphish|suspicious|\bvirus|malware|infected"),
    (Fate.POLICY, r"\bblocked|\bblock(?:ing)?[- ]?list|black[- ]?list|deny[- ]?list|\brbl\b|dnsbl|blackhole|\blisted (?:at|by|in) (?:http|zen)"),
    (Fate.POLICY, r"spamhaus|spamcop|barracuda|sorbs|uceprotect|abuseat|surbl|cloudmark|proofpoint|senderbase|mailspike|invaluement"),
    (Fate.POLICY, r"reputation|\bspf\b|\bdkim\b|\bdmarc\b|authenticat|reverse dns|\bptr\b|rdns|\bhelo\b|\behlo\b|not rfc"),
    (Fate.POLICY, r"polic(?:y|ies)|administrative(?:ly)? (?:prohibit|refus|reject|den)|prohibited|banned|forbidden|not authori[sz]ed"),
    (Fate.POLICY, r"relay\w* (?:access )?(?:denied|prohibited|not (?:permitted|allowed))|(?:unable|not permitted|refuse\w*) to relay|rcpthosts"),
    (Fate.POLICY, r"content (?:rejected|filter|denied|restriction|not accept)|attachments? [^.]{0,30}(?:not allowed|not accepted|removed)"),
    (Fate.POLICY, r"access denied|permission denied|denied by|not accept(?:ing)? [^.]{0,20}(?:mail|messages) from|only accepts"),
    (Fate.POLICY, r"(?:message|mail|e-?mail|content)(?: \w{1,10}){0,3} (?:rejected|refused) (?:by|due|as|for|because)"),
    (Fate.POLICY, r"sender(?:'s)?(?: \w{1,12}){0,3} (?:rejected|denied|refused|invalid|verify|unknown|not (?:allowed|exist|valid|verified))"),
    (Fate.POLICY, r"not allowed to (?:send|post)|members?[- ]only|restricted|await\w* moderat|\bis being held|confirm your (?:message|request)"),
    (Fate.POLICY, r"als spam|abgelehnt wegen|richtlinie|indésirable|correo no deseado|posta indesiderata|спам|垃圾"),
    # What may pass.
    (Fate.SOFT, r"tempor|try(?:ing)? (?:again )?later|try again in|timed?[- ]?out|unreachable|not reachable|(?:host|server|computer|system)\b[^.]{0,40} not be reached|not responding"),
    (Fate.SOFT, r"no route|connection (?:was )?(?:refused|reset|failed|lost|dropped|closed|broken|died)|connect (?:to|with) [^.]{0,30}(?:fail|refus)"),
    (Fate.SOFT, r"(?:could ?n[o']t|can ?not|can't|could not|unable to|failed to) (?:connect|establish|contact|open)|connection to [^.]{0,30}failed"),
    (Fate.SOFT, r"defer+ed|gr[ea]y-?list|too many|\bloop|rate[- ]limit|at a rate|system error|i/o error|internal (?:server )?error"),
    (Fate.SOFT, r"(?:retry|queue|retention) (?:time|period|limit)|too long in|maximum (?:\w{1,10} )?(?:time|retries)|expired|\battempts\b|overload|too busy"),
    (Fate.SOFT, r"(?:lookup|resolve|resolution|name ?server)[^.]{0,20}(?:fail|error|time)|dns (?:error|fail)|servfail|host not found, try again"),
    (Fate.SOFT, r"configuration error|misconfigur|not running|is down\b|starttls|certificate|tls (?:fail|error|handshake)"),
    (Fate.SOFT, r"vorübergehend|nicht erreichbar|temporairement|temporalmente|temporaneamente|tijdelijk|временно"),
    # No such address.
    (Fate.HARD, r"(?:unknown|no such|invalid|non-?existent|inexistent|unrecogni[sz]ed|illegal|bad destination)(?: or \w{1,10})?(?: \w{1,8}){0,2} " + _WHO),
    (Fate.HARD, _WHO + r"s? (?:\w{1,12} )?(?:\((?:es|s)\) )?(?:is |was |are |has |been |could |be |does |do |did )*"
        r"(?:not (?:been )?(?:known|found|exist|recogni[sz]ed|valid|registered|active|listed|a known|local|available|here)|unknown|invalid|nonexist)"),
    (Fate.HARD, _WHO + r" [^.:]{0,80}(?:isn't|is not|wasn't|was not|not|doesn't|does not|didn't|did not|couldn't be|could not be|cannot be) "
        r"(?:known|found|exist|exactly match|recogni[sz]ed|listed|a valid|resolved)"),
    (Fate.HARD, r"(?:does not|doesn't|do not|don't|did not) (?:have|handle|accept) an? [^.]{0,40}(?:account|mailbox)|does ?n[o']t (?:here )?exist|does not exist"),
    (Fate.HARD, r"no (?:mail ?box|users?|accounts?|one|recipient|person|alias|valid recipients?) (?:here |exists |known )?(?:by that|with that|of that|by this|with this|named|here|at this)"),
    (Fate.HARD, r"no longer (?:exist|valid|available|active|here|in use|employed|work|with|on|a |has|accept)|has left (?:the|our)"),
    (Fate.HARD, r"(?:account|mail ?box|user|address|domain|recipient)(?:'s)? (?:(?:account|mail ?box|user|name|address) )?(?:is |has |was |been |currently )*(?:disabled|discontinued|closed|deleted|terminated|deactivated|inactive|suspended|cancell?ed|removed|retired|expired|unavailable|not available|disallowed)"),
    (Fate.HARD, r"unrout(?:e)?able|host (?:or domain name )?(?:not found|unknown)|name or service not known|nxdomain|no such (?:host|domain)|domain (?:name )?not found"),
    (Fate.HARD, r"not (?:our|a) (?:customer|valid (?:user|mailbox|recipient|address|account|e-?mail))|isn't our customer|null mx|no mx\b|doesn't receive (?:e-?)?mail|does not accept mail"),
    (Fate.HARD, r"not listed in|no matches to name ?server|(?:unable|failed) to (?:find|locate|verify) [^.]{0,20}(?:user|recipient|mail ?box|address)|couldn't find any host|bad (?:address|user|recipient|destination)"),
    (Fate.HARD, r"unknown(?: local)?[- ]part|recipient (?:unknown|not on server)|addressee unknown|unknown address|user not known|badrecipient|nosuchuser"),
    (Fate.HARD, r"(?:empfänger|benutzer|adresse|konto|postfach|domain)[^.]{0,60}(?:unbekannt|existiert nicht|nicht gefunden|nicht vorhanden|ungültig)|unbekannte?r? (?:empfänger|benutzer|adresse)"),
    (Fate.HARD, r"(?:utilisateur|adresse|destinataire|compte|domaine)[^.]{0,60}(?:inconnue?|inexistante?|n'existe pas|introuvable|invalide)"),
    (Fate.HARD, r"(?:usuario|dirección|destinatario|cuenta|dominio|buzón)[^.]{0,60}(?:desconocid[oa]|inexistente|no existe|no encontrad[oa])"),
    (Fate.HARD, r"(?:utente|indirizzo|destinatario|casella|dominio)[^.]{0,60}(?:sconosciut[oa]|inesistente|non esiste|non trovat[oa])"),
    (Fate.HARD, r"(?:usuário|endereço|destinatário|conta|domínio)[^.]{0,60}(?:desconhecid[oa]|inexistente|não existe|não encontrad[oa])"),
    (Fate.HARD, r"(?:gebruiker|adres|ontvanger)[^.]{0,60}(?:onbekend|bestaat niet|niet gevonden)|onbekende (?:gebruiker|ontvanger)"),
    (Fate.HARD, r"(?:пользователь|адрес|получатель)[^.]{0,60}(?:не найден|не существует|неизвестен)|użytkownik[^.]{0,40}nie istnieje|用户不存在|收件人不存在|存在しません|宛先不明"),
)  # fmt: skip
"""What is said of a recipient, in the order in which it counts."""

FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("exim", r"this message was created automatically by mail delivery software"),
    ("postfix", r"this is the postfix (?:program|mail system)|this is the mail system at host"),
    ("james", r"unable to deliver this message to the following addresses"),
    ("qmail", r"\bhi\. this is the|i wasn't able to deliver your message to the following|remote host said:"),
    ("sendmail", r"the following addresses (?:had|have) (?:permanent|transient|delivery)|transcript of (?:the )?session follows"),
    ("exchange", r"did not reach the following recipient|delivery has failed to these recipients|generating server:|could not be delivered to these recipients"),
    ("google", r"delivery to the following recipients? (?:has )?failed|your message wasn't delivered to|technical details of permanent failure"),
    ("yahoo", r"unable to deliver message to the following address|sorry, we were unable to deliver your message to the following"),
    ("groupwise", r"the message that you sent was undeliverable to the following"),
    ("domino", r"not listed in (?:\w{1,20} ){0,3}(?:name & )?(?:address book|domino directory|directory)|router: "),
    ("imail", r"rcpt to generated following response|delivery failed \d{1,4} attempts|undeliverable to:? "),
    ("netscape", r"this message was undeliverable due to the following reason"),
    ("mdaemon", r"no such user here|the following data may contain sections which represent base64"),
    ("courier", r"this is a delivery status notification from|this is a multi-?part bounce|undeliverable mail\b.{0,80}courier"),
    ("dovecot", r"was automatically rejected"),
    ("communigate", r"failed to deliver to ['@]"),
    ("surgemail", r"your message cannot be delivered to the following"),
    ("aol", r"they are not accepting mail from|mail to the following recipients could not be delivered"),
    ("nonascii", r"nicht zugestellt|unzustellbar|n'a pas pu|non remis|no se (?:pudo|ha podido)|non è stato possibile|não (?:foi|pôde)|niet (?:worden )?(?:bezorgd|afgeleverd)|не (?:может быть |был[оа]? )?доставлен|退信|配信できません"),
)  # fmt: skip
"""Whose letter it is, by what they begin with; the first that fits names the rule."""

OPENERS: Final = (
    r"(?:could|can|was|were|has|have|had|is)(?: ?n[o']t|n't| not)(?: \w{1,10}){0,3} (?:delivered|deliver|reach|reached)|cannot be delivered"
    r"|(?:unable|failed|able|afraid [^.]{0,40}able) to deliver|undeliver|non-?deliver|not delivered|did ?n[o']t (?:receive|reach)|did not (?:receive|reach)"
    r"|deliver?y (?:\w{1,12} ){0,6}(?:failed|failure|problem|error|aborted|delayed|postponed)|returned (?:mail|to sender|to you)|failed mail"
    r"|delivery problems|(?:permanent|fatal|delivery) errors?|addresses had|user (?:is )?unknown|unknown user|no such user|unknown recipient"
    r"|bounced|delivery failure|failed recipient|recipients? failed|requested action not taken|(?:been|be) returned|n'existe pas|无法(?:发送|投递|送达)|mail error|mail system error|address error|not be found|nicht zugestellt|unzustellbar|zustellung"
    r"|non (?:a pu|remis)|n'a pas pu être|no se (?:pudo|ha podido)|non è stato possibile|mancata consegna|não (?:foi|pôde)"
    r"|niet (?:worden )?(?:bezorgd|afgeleverd)|доставлен|退信|配信できません|delivery attempts|rejected|failure notice"
)
"""One of these stands in the letter or its subject, or it gives nothing back."""

DELAYS: Final = (
    r"warning only|(?:has been|is|was|been|message|mail|delivery) (?:\w{1,10} )?delayed|delayed (?:\d|mail|for)|still being (?:re)?tr"
    r"|will (?:keep|continue) (?:on )?(?:to )?try|will (?:keep|continue) trying|not (?:yet )?been (?:\w{1,10} )?delivered yet|not yet been delivered"
    r"|do not need to resend|no action is required|postponed|will be retried|attempts (?:to deliver [^.]{0,40})?will (?:continue|be made)"
    r"|will (?:re)?try (?:again|for|to deliver)|transient (?:non-fatal )?error|still (?:in the|trying)|delivery delay|advisory-only"
    r"|verzögert|retardé|retrasad|in ritardo|vertraagd"
)
FINALS: Final = r"given up|giving up on|permanent(?:ly)?\b|will not be retried|could not be delivered (?:within|for more)|last attempt|has been returned|being returned"
"""A letter with one of the first and none of the second is a warning."""

ORIGINALS: Final = (
    r"^(?!.{0,120}(?:could|cannot|\bwas\b|\bwere\b|\bhas\b|not be\b))[ \t*#=>-]{0,20}(?:this is a |below (?:this line |the next line )?is (?:a )?|attachment is a |the )?(?:copy of|original|unsent|returned|undelivered|header of the original|headers of the original"
    r"|start of returned|first \d{1,4} lines of|full text of)\b.{0,60}(?:message|mail|text|headers|e-?mail|below).{0,60}$"
    r"|^[ \t*#=-]{0,20}below (?:this|the next) line is .{0,80}$|^[^\w\n]{0,6}(?:here is your message|message text follows|included below|your message reads|old message|message header follows).{0,60}$"
    r"|^[ \t-]{0,10}(?:originalnachricht|ursprüngliche nachricht|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht).{0,20}$"
    r"|^[ \t]{0,4}(?:received|return-path|dkim-signature|mime-version|delivered-to|x-mailer):.{0,300}$"
)
"""Lines after which what was sent begins."""

DAEMONS: Final = r"mailer-?_?daemon|mail-?daemon|post-?master|mdaemon|mail[ .]?delivery|delivery (?:sub)?system|mail admin|system administrator|mail system|mailer@|bounces?@"
SUBJECTS: Final = (
    r"^\W{0,5}(?:undeliver\w*|returned mail|mail could not be|processing error|failure notice|mail (?:system )?(?:delivery )?(?:failed|failure|error|problem|not delivered|delivery)|"
    r"delivery (?:status )?(?:notification|failure|failed|report|problem|has failed|error|warning)|non-?delivery|failed mail|message not delivered|"
    r"message (?:could not be delivered|delayed)|nondeliverable|unzustellbar|zustellung|nicht zugestellt|non remis|échec|no se puede entregar|"
    r"mancata|não entregue|onbestelbaar|не доставлен|warning: (?:could not|message))|: non remis$"
)
"""Who gives mail back, and how they call it."""

AUTO_SUBJECTS: Final = (
    r"^\W{0,4}(?:auto(?:matic|mated|matische)?[- :]?(?:re(?:ply|sponse)|antwort)|out of (?:the )?office|ooo\b|vacation|on (?:annual )?leave|away from|i am away|"
    r"abwesen|automatische antwort|réponse automatique|absence|absent|respuesta automática|fuera de (?:la )?oficina|risposta automatica|assente|"
    r"resposta automática|afwezig|автоответ|автоматический ответ|自動返信|自动回复)|\[?auto-?reply\]?"
)
CHALLENGES: Final = (
    r"(?:confirm|verify|prove)\w* (?:that )?(?:you(?:r)?|this) [^.]{0,60}(?:message|human|not a (?:spam|robot)|sender|legitimate|real person|e-?mail)|boxtrapper|tmda\b|"
    r"challenge[- /]response|sender (?:confirmation|verification) (?:required|request)|(?:held|quarantined?) (?:\w{1,10} ){0,6}until you"
)
"""Answers of machines: absences, and the question whether a person has written."""


def one_of(expressions: tuple[str, ...] | str) -> re.Pattern[str]:
    """A pattern that finds any of them."""
    return re.compile("|".join((expressions,) if isinstance(expressions, str) else expressions), re.I | re.M)
