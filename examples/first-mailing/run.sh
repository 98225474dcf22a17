#!/bin/sh
# Send the first mailing, in a copy of this folder, to a mail server on this machine that throws everything away.
# BIN is where muster is installed; python there needs aiosmtpd, which is that server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
muster=${BIN:+$BIN/}muster
python=${BIN:+$BIN/}python
copy=$(mktemp -d)
server= worker=
trap 'kill $server $worker 2> /dev/null || true; rm -rf "$copy"' EXIT
cp -r "$here/campaigns.d" "$copy"
cd "$copy"

$python -m aiosmtpd -n -c aiosmtpd.handlers.Sink -l 127.0.0.1:20525 &
server=$!
echo "$ muster email estimate first-mailing"
$muster email estimate first-mailing
echo "$ muster apply --yes"
$muster apply --yes | tail -n 1
echo "$ muster worker --until-idle &"
$muster worker --until-idle --log-format text 2> worker.log &
worker=$!
echo "$ muster describe first-mailing --watch"
$muster describe EmailCampaign/first-mailing --watch || { cat worker.log >&2; exit 1; }
wait $worker
echo "$ muster email report first-mailing"
$muster email report first-mailing
