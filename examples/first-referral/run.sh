#!/bin/sh
# Refer friends and hand over what is earned, in a copy of this folder. BIN is where muster is installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
muster=${BIN:+$BIN/}muster
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$here/campaigns.d" "$here/advocates.csv" "$here/links.csv" "$copy"
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
code=$(sed -n 's/^ada,//p' codes.csv)
# Three friends by ada's link: fred all the way, finn half of it, and ada herself under another name.
cat > events.csv << EVENTS
id,friend,event,code,email,household
e1,fred,account_opened,$code,fred@example.com,4 Lake Lane
e2,fred,first_deposit,$code,fred@example.com,4 Lake Lane
e3,finn,account_opened,$code,finn@example.com,1 Main Street
e4,me-too,account_opened,$code,ada@example.com,
EVENTS
run referral import events.csv --rows events
run referral rewards
run referral explain e4
run referral export --batch today --out today.csv
cat today.csv
