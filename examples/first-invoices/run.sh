#!/bin/sh
# Run a first receivables campaign, in a copy of this folder, through a mail server on this machine that throws everything away.
# BIN is where muster is installed; python there needs aiosmtpd, which is that server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
muster=${BIN:+$BIN/}muster
python=${BIN:+$BIN/}python
copy=$(mktemp -d)
server=
trap 'kill $server 2> /dev/null || true; rm -rf "$copy"' EXIT
cp -r "$here/campaigns.d" "$copy"
cd "$copy"

run() {
  echo "$ muster $*"
  "$muster" "$@"
}
$python -m aiosmtpd -n -c aiosmtpd.handlers.Sink -l 127.0.0.1:20527 &
server=$!
echo "$ muster apply --yes"
$muster apply --yes | tail -n 1  # the campaign waits for its test
run receivables load
run receivables test overdue-7-30 --to dana@billing.example
echo "$ muster apply --yes"
$muster apply --yes | tail -n 1
echo "$ muster worker --until-idle"
$muster worker --until-idle 2> worker.log || { cat worker.log >&2; exit 1; }
run receivables campaign overdue-7-30
run receivables first-batch overdue-7-30 || test $? -eq 1  # one invoice has no address to write to
run receivables alerts
run get ReceivablesCampaign
