"""A campaigns repository of any size: manifests of about 1 KB, all five kinds, deterministic.

python -m bench.generate DIRECTORY COUNT
"""

import sys
from pathlib import Path

PER_DIRECTORY = 100

SHARED = """\
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: relay-a}
spec: {host: 127.0.0.1, port: 2525, tls: none, maxConnections: 4}
---
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: relay-b}
spec: {host: 127.0.0.1, port: 2526, tls: none, maxConnections: 2}
---
apiVersion: muster/v1
kind: Template
metadata: {name: offer}
spec: {html: {inline: "<p>Dear {{ contact.first_name }}, spring is here.</p>"}, text: {inline: "Spring is here."}}
---
apiVersion: muster/v1
kind: RecipientList
metadata: {name: customers}
spec: {source: {inline: [{email: ana@shop.example}, {email: bo@shop.example}]}, email: email}
---
apiVersion: muster/v1
kind: SuppressionList
metadata: {name: do-not-mail}
spec: {source: {inline: [{email: gone@shop.example}]}, email: email}
---
apiVersion: muster/v1
kind: ReferralProgram
metadata: {name: refer-a-friend}
spec: {timezone: America/New_York}
---
apiVersion: muster/v1
kind: Channel
metadata: {name: letters}
spec: {type: email, smtp: relay-a, from: {name: Accounts, email: accounts@shop.example}}
---
apiVersion: muster/v1
kind: Workflow
metadata: {name: soft}
spec:
  steps:
    - {day: 0, channel: letters, template: offer}
    - {day: 21, action: exit}
  exitOn: [paid, voided, payment_arrangement_failed]
---
apiVersion: muster/v1
kind: RuleSet
metadata: {name: overdue}
spec:
  all: ['invoice.status == "awaiting_payment"', 'invoice.daysOverdue >= 7']
---
apiVersion: muster/v1
kind: Strategy
metadata: {name: medium}
spec:
  type: medium
  steps:
    - {channel: letters, action: reminder, template: offer, wait: 0d}
---
apiVersion: muster/v1
kind: AccountSource
metadata: {name: portfolio}
spec: {source: {inline: [{account_id: A-1, balance: 120}]}, id: account_id}
---
apiVersion: muster/v1
kind: CollectionSettings
metadata: {name: organisation}
spec: {timezone: America/Chicago, nightlyJob: "02:00"}
"""

EMAIL = """\
apiVersion: muster/v1
kind: EmailCampaign
metadata:
  name: mail-{n}
  labels: {{team: growth, region: region-{r}}}
state: draft
spec:
  startingDeadline: 1h
  title: The spring message of region {r}, number {n}
  description: >-
    Tells every customer of region {r} who has not bought for a while that the new season has begun, with an offer
    that holds for two weeks and a link to the nearest shop. Sent once; the follow-up is a campaign of its own.
  subject: "Spring is here, {{{{ first_name | default('friend') }}}}"
  from: {{name: Example Shop {r}, email: news-{r}@shop.example}}
  replyTo: help@shop.example
  content: {{template: offer}}
  targets:
    include:
      - {{list: customers}}
  suppressions: [do-not-mail]
  smtp:
    mode: percentage
    connections:
      - {{name: relay-a, percent: 70}}
      - {{name: relay-b, percent: 30}}
  sending: {{batchSize: 100, rate: 600/min, maxAttempts: 4, maxOutage: 24h}}
  tracking: {{opens: true, clicks: true}}
  unsubscribe: {{oneClick: true, mailto: unsubscribe@shop.example}}
"""

LEAD = """\
apiVersion: muster/v1
kind: LeadCampaign
metadata:
  name: leads-{n}
  labels: {{team: partnerships, region: region-{r}}}
state: draft
spec:
  description: Quotes for region {r}, number {n}; taken from the partner sites and shared with three buyers at most
  fields:
    - {{name: email, type: email, required: true}}
    - {{name: phone, type: phone, country: NL, required: true}}
    - {{name: postcode, type: string, pattern: '^[1-9][0-9]{{3}} ?[A-Z]{{2}}$', required: true}}
    - {{name: plate, type: string}}
  verticals: [car-insurance]
  workflows:
    - name: quote-form
      verticals: [car-insurance]
      duplicate: {{match: [email, phone], within: 30d}}
      score:
        - {{when: 'lead.plate != ""', add: 20}}
      distribution:
        mode: directPost
        shareCount: 3
        window: {{retryEvery: 15m, for: 24h}}
        select:
          - {{rule: qualityScore, take: 2}}
          - {{rule: roundRobin, take: 1}}
"""

REFERRAL = """\
apiVersion: muster/v1
kind: ReferralCampaign
metadata:
  name: friends-{n}
  labels: {{team: growth, region: region-{r}}}
state: not_launched
schedule:
  timezone: America/New_York
  entries:
    - {{at: 2029-06-01T00:00, state: live}}
    - {{at: 2029-07-01T00:00, state: paused}}
spec:
  program: refer-a-friend
  goLiveAs: test
  weight: 50
  title: Friends of region {r}, number {n}
  offer: {{friend: $50 off the first order in region {r}, advocate: $50 gift card}}
  journey: [account_created, first_deposit, second_deposit]
  rewards:
    - {{to: friend, on: account_created, value: "50.00", currency: USD, wait: 0d}}
    - {{to: advocate, on: second_deposit, value: "50.00", currency: USD, wait: 7d, limit: {{count: 10, per: year}}}}
  inProgress: {{keepOffer: true, from: account_created, cutoff: 2029-09-01, pendingPeriod: 60d, thenState: ended}}
  fraud: {{selfReferral: deny, sameHousehold: review}}
"""

RECEIVABLES = """\
apiVersion: muster/v1
kind: ReceivablesCampaign
metadata:
  name: invoices-{n}
  labels: {{team: billing, region: region-{r}}}
state: draft
spec:
  title: Consumer invoices of region {r}, 7 to 30 days overdue, number {n}
  description: >-
    Reaches every consumer of region {r} whose invoice is between 7 and 30 days overdue and at least 50 euro. The
    objective is payment or an arrangement within 21 days. Business customers and disputed invoices are left out; they
    belong to the account managers. Reviewed by the billing team at the start of every quarter, together with the
    texts of the reminders, the days on which they go out, and the list of test addresses that receive them first.
    Questions go to the billing desk of region {r}, which answers within a working day.
  workflow: soft
  audience: {{ruleSet: overdue, priority: 10}}
  purpose: standard
  includePreviouslyTreated: false
  launch:
    sampleInvoice: INV-{n}
    reviewedBy: dana@billing.example
"""

COLLECTION = """\
apiVersion: muster/v1
kind: CollectionCampaign
metadata:
  name: accounts-{n}
  labels: {{team: collections, segment: 30-60-dpd, region: region-{r}}}
state: draft
spec:
  title: Region {r}, 30 to 60 days past due, number {n}
  objective: >-
    Recover twelve percent of what is 30 to 60 days past due in region {r} before the quarter ends, with a friendly
    tone, at most one contact a day, and an offer to pay in instalments wherever the balance allows for it. Accounts
    with an open dispute, a payment plan that holds, or a note of the legal department are not part of this campaign.
    The figures are looked at every Monday, and the campaign is paused where more than two in a hundred contacts lead
    to a complaint. Whatever remains open at the end moves to the intensive strategy of the next quarter.
  strategy: medium
  startDate: 2029-04-01
  endDate: 2029-06-30
  accounts: {{source: portfolio, where: 'account.daysPastDue >= 30 && account.daysPastDue <= 60'}}
"""

SCHEDULED = """\
apiVersion: muster/v1
kind: ReferralCampaign
metadata: {{name: offer-{n}, labels: {{team: growth}}}}
state: not_launched
schedule:
  timezone: America/New_York
  entries:
    - {{at: 2027-{first:02d}-{day:02d}T00:00, state: live}}
    - {{at: 2027-{last:02d}-{day:02d}T00:00, state: paused}}
spec:
  program: program-{p}
  title: The offer of the season, number {n}
  description: For customers who bring a friend; ten of these share a program and its traffic by their weights.
  weight: {w}
  offer: {{friend: $50 off the first order, advocate: $50 gift card}}
  journey: [account_created, first_deposit, second_deposit]
  rewards:
    - {{to: friend, on: account_created, value: "50.00", currency: USD, wait: 0d}}
    - {{to: advocate, on: second_deposit, value: "50.00", currency: USD, wait: 7d}}
  inProgress: {{keepOffer: true, from: account_created, pendingPeriod: 60d, thenState: ended}}
"""

PROGRAM = """\
apiVersion: muster/v1
kind: ReferralProgram
metadata: {{name: program-{p}}}
spec: {{timezone: America/New_York}}
"""

KINDS = (EMAIL, LEAD, REFERRAL, RECEIVABLES, COLLECTION)


def manifest(number: int) -> str:
    """The text of manifest `number`, in a first state: what is measured is creations, and no effect of a runtime."""
    return KINDS[number % len(KINDS)].format(n=number, r=number % 97)


def generate(directory: Path, count: int) -> None:
    """Write `count` campaign manifests, and the resources that they share, under `directory`/campaigns.d."""
    root = directory / "campaigns.d"
    (root / "shared").mkdir(parents=True, exist_ok=True)
    (root / "shared" / "shared.yaml").write_text(SHARED)
    for start in range(0, count, PER_DIRECTORY):
        folder = root / f"{start // PER_DIRECTORY:05d}"
        folder.mkdir(exist_ok=True)
        for number in range(start, min(start + PER_DIRECTORY, count)):
            (folder / f"campaign-{number}.yaml").write_text(manifest(number))


def generate_scheduled(directory: Path, count: int) -> None:
    """`count` referral campaigns, ten to a program, each live for some months of 2027 and then paused."""
    manifests = directory / "campaigns.d"
    for number in range(count):
        file = manifests / f"{number // PER_DIRECTORY:05d}" / f"campaign-{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        first, day = 1 + number % 6, 1 + number % 28
        file.write_text(
            SCHEDULED.format(
                n=number, w=1 + number % 100, p=number // 10, first=first, last=first + 1 + number % 5, day=day
            )
        )
    programs = (PROGRAM.format(p=number) for number in range((count + 9) // 10))
    (manifests / "programs.yaml").write_text("---\n".join(programs))


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))
