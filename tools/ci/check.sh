#!/bin/sh
# Builds a program at the merge base and at the head, and runs `crossover check` on the two.
# Copy it into your own repository; it needs only git and a POSIX shell.
#
#   tools/ci/check.sh BASE [ARGUMENTS OF crossover check ...]
#
# BASE: the branch, tag or commit that the change will be merged into.
#
# Environment variables:
#   BENCH_BUILD    build command, run by sh in each of the two trees (default: cmake --preset
#                  release && cmake --build --preset release --target crossover_links)
#   BENCH_PROGRAM  program to compare, or directory of its links, relative to a tree (default:
#                  build/release/crossover_links)
#   CROSSOVER      crossover program that compares (default: crossover)
#   OUT            directory for the outputs (default: out)
#   INCONCLUSIVE   fail: exit code 2 stays 2; warn: it becomes 0 (default: fail)
#
# Exit code: that of `crossover check` (0 pass, 1 regression, 2 inconclusive), or 70 if a tree
# cannot be built.
set -eu

if [ $# -lt 1 ]; then
  echo "check.sh: missing BASE; for example: tools/ci/check.sh origin/main" >&2
  exit 64
fi
base=$1
shift
links='cmake --preset release && cmake --build --preset release --target crossover_links'
build=${BENCH_BUILD:-$links}
program=${BENCH_PROGRAM:-build/release/crossover_links}
crossover=${CROSSOVER:-crossover}
out=${OUT:-out}

root=$(git rev-parse --show-toplevel)
cd "$root"
old=$(git merge-base "$base" HEAD) || {
  echo "check.sh: no merge base of $base and HEAD; fetch the whole history" \
    "(fetch-depth: 0, GIT_DEPTH: 0)" >&2
  exit 65
}
new=$(git rev-parse HEAD)
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Paths of equal length, because the length of a program's path can change its speed.
trees=$(mktemp -d)
cleanup() {
  git worktree remove --force "$trees/old" 2>/dev/null || true
  git worktree remove --force "$trees/new" 2>/dev/null || true
  rm -rf "$trees"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

for side in old new; do
  eval "commit=\$$side"
  git worktree add --quiet --detach "$trees/$side" "$commit"
  echo "building $side: $commit" >&2
  if ! (cd "$trees/$side" && sh -c "$build") >"$out/build-$side.log" 2>&1; then
    tail -n 20 "$out/build-$side.log" >&2
    echo "check.sh: $side ($commit) does not build; full log: $out/build-$side.log" >&2
    exit 70
  fi
  if [ ! -x "$trees/$side/$program" ]; then
    echo "check.sh: the build of $side did not create $program; set BENCH_PROGRAM" >&2
    exit 70
  fi
done

set -- check "$trees/old/$program" "$trees/new/$program" "$@" \
  --format text --format "json:$out/check.json" --format "markdown:$out/check.md" \
  --format "junit:$out/check.xml" --format "sarif:$out/check.sarif" --format "html:$out/check.html"
if [ -n "${GITHUB_ACTIONS:-}" ]; then
  set -- "$@" --format github --format "github_summary:$out/summary.md"
fi
code=0
"$crossover" "$@" || code=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$out/summary.md" ]; then
  cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
if [ "$code" -eq 2 ] && [ "${INCONCLUSIVE:-fail}" = warn ]; then
  echo "check.sh: inconclusive; exit code 0 because INCONCLUSIVE=warn" >&2
  code=0
fi
exit "$code"
