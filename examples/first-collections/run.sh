#!/bin/sh
# Contact a few accounts, in a copy of this folder, through a mail server on this machine that throws everything away.
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
sed -i "s/TODAY/$(date +%F)/; s/NEXT_MONTH/$(date -d '+30 days' +%F)/" campaigns.d/collections.yaml

run() {
  echo "$ muster $*"
  "$muster" "$@"
}
$python -m aiosmtpd -n -c aiosmtpd.handlers.Sink -l 127.0.0.1:20526 &
server=$!
run collections load
echo "$ muster apply --yes"
$muster apply --yes | tail -n 1
echo "$ muster worker --until-idle"
$muster worker --until-idle 2> worker.log || { cat worker.log >&2; exit 1; }
run collections campaign spring-30-60-dpd
run collections accounts
run collections account A-1
run collections execution
