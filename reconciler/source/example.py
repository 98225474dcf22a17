"""The files of a new campaigns repository: settings, and one small campaign with all that it names."""

from typing import Final

SETTINGS: Final = """\
# Settings of this campaigns repository. Every key is optional: take the # away to set one.

# Directories or files with manifests.
manifests: [campaigns.d]

# The zone of schedules that name none.
timezone: Europe/Amsterdam

# Where the actual state lives; sqlite:///absolute/path, sqlite:relative/path or postgresql://user@host/database.
#store: "sqlite:.muster/state.db"

# Directories with kinds of your own: folders that hold kind.yaml and schema.json.
#kinds: [kinds]

# One plan may take at most this share of ten or more outward resources out of their outward state.
#thresholds: {maxChangesPercent: 30}

# What an operator or another checkout has changed past the manifests: correct it, or only warn of it.
#drift: correct

# What the team forbids besides the law of each kind: rules in CEL, and times in which nothing changes.
#policies: [{id: has-a-team, message: name the team as a label, rule: "has(self.metadata.labels.team)"}]
#freeze: [{id: weekends, deny: {weekdays: [sat, sun]}}]

# Whom `muster watch` tells, of what. Secrets are named, never written.
#notifications: [{name: team, on: [blocked, failed, hold-expiring], webhook: {url: {env: TEAM_WEBHOOK}}}]

# Where the links of mails lead, once `muster serve` answers there; and where mail that comes back is found.
#server: {url: "https://mail.shop.example", secret: {env: MUSTER_SERVER_SECRET}}
#returns: {mailboxes: [{name: bounces, maildir: /var/mail/bounces}]}

# Who may come into the dashboard of `muster serve`. Without this whoever has started it, on this machine.
#dashboard: {url: "https://muster.shop.example", tokens: [{name: ana, role: operator, token: {env: MUSTER_TOKEN_ANA}}]}
"""

NEWSLETTER: Final = """\
# A first campaign. It is a draft: nothing is sent until its state says so.
apiVersion: muster/v1
kind: EmailCampaign
metadata: {name: newsletter, labels: {team: marketing}}
state: draft  # change to `running` to send now; `muster explain EmailCampaign` tells what is allowed
spec:
  title: Newsletter
  subject: "News for {{ first_name | default('you', true) }}"
  from: {name: Our shop, email: news@shop.example}
  content: {template: newsletter}
  targets:
    include:
      - {list: subscribers}
  smtp:
    connections:
      - {name: local-relay}
"""

SHARED: Final = """\
# What the newsletter names: who gets it, what it says, and the server that carries it.
apiVersion: muster/v1
kind: RecipientList
metadata: {name: subscribers}
spec: {source: {csv: subscribers.csv}, email: email}
---
apiVersion: muster/v1
kind: Template
metadata: {name: newsletter}
spec:
  text:
    inline: |
      Dear {{ first_name | default('reader', true) }},

      this month in our shop: everything for the garden.
---
# A server on this machine, such as a test server that shows mails instead of delivering them.
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: local-relay}
spec: {host: 127.0.0.1, port: 1025, tls: none}
"""

SUBSCRIBERS: Final = """\
email,first_name
ana@shop.example,Ana
bo@shop.example,Bo
"""

CAMPAIGN: Final = {
    "campaigns.d/newsletter.yaml": NEWSLETTER,
    "campaigns.d/newsletter-parts.yaml": SHARED,
    "campaigns.d/subscribers.csv": SUBSCRIBERS,
}
"""The files of the first campaign, by path."""
