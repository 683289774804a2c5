#!/bin/sh
# Tests check.sh in a temporary repository. A stand-in for crossover records its arguments.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "check_test.sh: $*" >&2
  exit 1
}

cd "$work"
git init --quiet --initial-branch main repository
cd repository
git config user.name test
git config user.email test@example.invalid
echo one >program.txt
git add . && git commit --quiet -m one
git checkout --quiet -b change
echo two >program.txt
git commit --quiet -am two
git checkout --quiet main
echo elsewhere >other.txt
git add . && git commit --quiet -m elsewhere
git checkout --quiet change

cat >"$work/crossover" <<'FAKE'
#!/bin/sh
echo "$@" >"$CALLED"
cat "$2" "$3" >"$CALLED.programs"
for argument; do case $argument in *:/*) echo from-check >"${argument#*:}" ;; esac; done
exit "$FAKE_CODE"
FAKE
chmod +x "$work/crossover"
export CROSSOVER="$work/crossover" CALLED="$work/called" FAKE_CODE=0 BENCH_PROGRAM=built
export BENCH_BUILD='cp program.txt built && chmod +x built'
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY || true

sh "$here/check.sh" main --budget 1min || fail "exit code $? for a pass"
[ "$(cat "$CALLED.programs" | tr '\n' ' ')" = "one two " ] ||
  fail "not the merge base and the head: $(cat "$CALLED.programs")"
grep -q -- '--budget 1min' "$CALLED" || fail "arguments were not passed on"
grep -q -- '--format github' "$CALLED" && fail "GitHub formats outside GitHub"
[ -f out/check.md ] && [ -f out/check.xml ] || fail "missing outputs"
[ "$(git worktree list | wc -l)" -eq 1 ] || fail "a work tree was left behind"

for expected in 1 2; do
  code=0
  FAKE_CODE=$expected sh "$here/check.sh" main 2>/dev/null || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code for $expected"
done
INCONCLUSIVE=warn FAKE_CODE=2 sh "$here/check.sh" main 2>/dev/null ||
  fail "INCONCLUSIVE=warn: exit code 2 instead of 0"
code=0
INCONCLUSIVE=warn FAKE_CODE=1 sh "$here/check.sh" main 2>/dev/null || code=$?
[ "$code" -eq 1 ] || fail "INCONCLUSIVE=warn: exit code $code instead of 1 for a regression"

GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY="$work/summary" sh "$here/check.sh" main ||
  fail "exit code $? under GitHub"
grep -q from-check "$work/summary" || fail "missing step summary"

code=0
BENCH_BUILD='echo broken; false' sh "$here/check.sh" main 2>"$work/stderr" || code=$?
[ "$code" -eq 70 ] && grep -q 'does not build' "$work/stderr" ||
  fail "exit code $code for a broken build"
code=0
BENCH_PROGRAM=missing sh "$here/check.sh" main 2>"$work/stderr" || code=$?
[ "$code" -eq 70 ] && grep -q 'set BENCH_PROGRAM' "$work/stderr" ||
  fail "exit code $code for a missing program"
code=0
sh "$here/check.sh" no-such-branch 2>"$work/stderr" || code=$?
[ "$code" -eq 65 ] && grep -q 'no merge base' "$work/stderr" ||
  fail "exit code $code for an unknown base"
code=0
sh "$here/check.sh" 2>/dev/null || code=$?
[ "$code" -eq 64 ] || fail "exit code $code without BASE"
echo ok
