#!/bin/sh
# Refer friends and hand over what is earned, in a copy of this folder. BIN is where muster is installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
muster=${BIN:+$BIN/}muster
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$here/campaigns.d" "$here"/*.csv "$copy"
cd "$copy"

run() {
  echo "$ muster $*"
  "$muster" "$@"
}
echo "$ muster apply --yes"
$muster apply --yes | tail -n 1
run referral import advocates.csv --rows advocates
echo "$ muster referral import links.csv --rows links > codes.csv"
$muster referral import links.csv --rows links > codes.csv
# Three friends by ada's link: fred all the way, finn half of it, and ada herself under another name.
echo "$ sed \"s/CODE/$(sed -n 's/^ada,//p' codes.csv)/\" friends.csv > events.csv"
sed "s/CODE/$(sed -n 's/^ada,//p' codes.csv)/" friends.csv > events.csv
run referral import events.csv --rows events
run referral rewards
run referral explain e4
run referral export --batch today --out today.csv
cat today.csv
