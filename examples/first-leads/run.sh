#!/bin/sh
# Take leads in and sell them, in a copy of this folder. BIN is where muster is installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
muster=${BIN:+$BIN/}muster
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$here/campaigns.d" "$here/leads.csv" "$copy"
cd "$copy"

run() {
  echo "$ muster $*"
  "$muster" "$@"
}
echo "$ muster apply --yes"
$muster apply --yes | tail -n 1
run leads import leads.csv --contract comparison-site || test $? -eq 1  # two rows are no leads, and the queue has them
echo "$ muster worker --until-idle"
$muster worker --until-idle 2> worker.log || { cat worker.log >&2; exit 1; }
echo "$ muster leads outbound | head -n 7"
$muster leads outbound | head -n 7
run leads turnover --by account
run leads statement sunrise
echo "$ muster leads purchase-order comparison-site | tail -n 2"
$muster leads purchase-order comparison-site | tail -n 2
