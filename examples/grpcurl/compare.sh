#!/bin/sh
# Compares two files, then a hundred pairs on one stream: compare.sh [LEFT RIGHT [SIDES]]; SERVER is HOST:PORT.
# Needs grpcurl and jq.
set -eu
examples=$(dirname "$0")/..
[ $# -gt 0 ] || set -- "$examples/skerry-bank-call/valmere.txt" "$examples/skerry-bank-call/tarsk.txt" "$examples/sides.json"
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

# call METHOD: sends the messages in $files/requests, leaves the answers in $files/answers. A busy server says when to
# come back: that is waited for, within a deadline of 10 seconds. -max-msg-sz, because an answer quotes both texts.
call() {
  end=$(($(date +%s) + 10))
  while :; do
    code=0
    grpcurl -plaintext -max-time $((end - $(date +%s))) -max-msg-sz 67108864 -format-error -d @ \
      "${SERVER:-127.0.0.1:50051}" "parallax.v1.ComparisonService/$1" \
      <"$files/requests" >"$files/answers" 2>"$files/error" || code=$?
    # grpcurl ends with 64 and the code of the status: 72 is RESOURCE_EXHAUSTED. It reads no service config, so that
    # UNAVAILABLE, 78, is ours to try again, too.
    case $code in
      0) return ;;
      72) wait=$(jq -r '.details[]? | .retryDelay // empty | rtrimstr("s")' "$files/error") ;;
      78) wait=0.5 ;;
      *) wait= ;;
    esac
    if [ -z "$wait" ] || [ $((end - $(date +%s))) -le "${wait%%.*}" ]; then
      cat "$files/error" >&2
      exit "$code"
    fi
    echo "again in $wait s: $(jq -r .message "$files/error")" >&2
    sleep "$wait"
  done
}

# The first of the sides published LEFT, the second RIGHT. Without: both are inferred from the texts.
sides='[]'
[ $# -lt 3 ] || sides=$(cat "$3")
jq -n --rawfile left "$1" --rawfile right "$2" --argjson sides "$sides" '{sides: $sides, readouts: [
  {id: "left", text: $left, authorSide: $sides[0].id}, {id: "right", text: $right, authorSide: $sides[1].id}]}' \
  >"$files/requests"
call Compare
jq -r '.comparison
  | (.positions | map({(.id): .text}) | add) as $texts
  | .points[]
  | "\(.id) \(.kind), \(.confidence * 100 | round) % sure",
    (.members[] | "    \(.readoutId), \(.holders | join(" and ")): “\($texts[.positionId])”")' "$files/answers"

jq -c '. as $request | range(100) | {id: tostring, request: $request}' "$files/requests" >"$files/hundred"
mv "$files/hundred" "$files/requests"
call CompareStream
jq -rs '"\(map(select(.comparison)) | length) of 100 comparisons answered"' "$files/answers"
