#!/usr/bin/env bash
# Installs what the tests need and lack, runs every test project, and ends with one line of totals.
#   bash tests/run.sh          everything, in minutes
#   bash tests/run.sh --long   also the soak and kill tests in their long form
set -uo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

explicit=off
for argument in "$@"; do
  case "$argument" in
    --long) explicit=on ;;
    *) stop "Unknown option \"$argument\": the only one is --long." ;;
  esac
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
# Tests end before what the compiler learns of a running program pays for its learning: a third of their processor time.
export DOTNET_TieredPGO=0

command -v dotnet >/dev/null || stop "The .NET SDK 10 is missing: install it from https://dot.net, then run this again."
command -v node >/dev/null || stop "Node.js 20 or newer is missing: install it from https://nodejs.org, then run this again."

find_chromium() {
  for name in "${STUDIO_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    [ -n "$name" ] && command -v "$name" 2>/dev/null && return 0
  done
  return 1
}

install() { # packages, by their names in Debian and, after "--", in Homebrew
  local debian=() root="" name
  for name in "$@"; do
    shift
    [ "$name" = -- ] && break
    debian+=("$name")
  done
  [ "$(id -u)" = 0 ] || root="sudo -n"
  if command -v brew >/dev/null; then
    brew install "$@"
  elif command -v apt-get >/dev/null && { [ -z "$root" ] || $root true 2>/dev/null; }; then
    [ -n "${updated:-}" ] || $root apt-get update -qq
    updated=yes
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends "${debian[@]}"
  else
    return 1
  fi >/dev/null
}

install_what_is_missing() { # says what it installs, and what could not be
  if ! find_chromium >/dev/null; then
    say "Installing Chromium for the browser tests"
    install chromium -- chromium || say "It could not be installed."
  fi

  if ! command -v tesseract >/dev/null || ! command -v pdftoppm >/dev/null; then
    say "Installing Tesseract and Poppler for the tests of scanned pages"
    install tesseract-ocr poppler-utils -- tesseract poppler || say "They could not be installed; the tests that need them will say so."
  fi

  if ! command -v psql >/dev/null; then
    say "Installing PostgreSQL for the tests of the stores"
    install postgresql -- postgresql@17 || say "It could not be installed; the tests that need it will say so."
  fi

  say "Installing the official clients"
  (cd tests/clients && npm ci --silent --no-audit --no-fund) || say "They could not be installed; what runs them will say so."
}

say "Building"
install_what_is_missing 2>&1 &
installing=$!
dotnet build MistralStudio.sln --nologo -v q -clp:NoSummary -m:2 || stop "The build failed; see the first error above."
wait "$installing"
STUDIO_CHROMIUM=$(find_chromium) || stop "Chromium is missing and could not be installed here: install the package \"chromium\", or name a browser in STUDIO_CHROMIUM."
export STUDIO_CHROMIUM

passed=0 failed=0 skipped=0 broken=() wrongs=()
TIMEFORMAT='%0R s, %0U s of processor by user and %0S by system'
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

count() { # of, in: the number behind "Total:", "Failed:", ... in xUnit's closing summary; 0 where it names none
  local number
  number=$(sed -nE "s/.* $1: ([0-9]+).*/\1/p" "$2" | tail -n 1)
  printf '%s' "${number:-0}"
}

run() { # a part of the tests, and what to start it with: leaves its output and its exit code among the results
  local part=$1 project=${1%%:*} only=()
  shift
  case "$part" in
    *:browser) only=(-namespace- MistralStudio.E2E.Tests.Process) ;;
    *:processes) only=(-namespace MistralStudio.E2E.Tests.Process) ;;
  esac
  {
    time "$@" "tests/$project/bin/Debug/net10.0/$project" -noColor -noLogo -explicit "$explicit" ${only[@]+"${only[@]}"} >"$results/$part.log" 2>&1
    printf '%s' "$?" >"$results/$part.code"
  } 2>"$results/$part.time"
}

run_what_is_left() { # parts, and what to start them with after "--": takes each that no other lane has taken
  local part parts=()
  while [ "$1" != -- ]; do
    parts+=("$1")
    shift
  done
  shift
  for part in "${parts[@]}"; do
    mkdir "$results/$part.taken" 2>/dev/null && run "$part" "$@"
  done
  return 0
}

read_results() { # of a part that has ended
  local name=$1 log code total wrong left
  log="$results/$name.log"
  code=$(cat "$results/$name.code")
  say "$name, $(cat "$results/$name.time")"
  if ! grep -q 'Total: ' "$log"; then
    cat "$log"
    broken+=("$name ended with code $code before its summary")
    failed=$((failed + 1))
    return
  fi
  total=$(count Total "$log")
  wrong=$(($(count Failed "$log") + $(count Errors "$log")))
  left=$(($(count Skipped "$log") + $(count "Not Run" "$log")))
  passed=$((passed + total - wrong - left))
  failed=$((failed + wrong))
  skipped=$((skipped + $(count Skipped "$log")))
  if [ "$code" != 0 ] || [ "$wrong" != 0 ]; then
    cat "$log"
    # Said again at the end: what a program printed between is long.
    while IFS= read -r line; do wrongs+=("$line"); done < <(grep -E -A 10 '\[FAIL\]$' "$log")
    [ "$wrong" != 0 ] || { broken+=("$name ended with code $code"); failed=$((failed + 1)); }
  else
    grep -E '\[SKIP\]' -A 1 "$log" || true
    tail -n 1 "$log"
  fi
}

# Two lanes for two cores. A browser waits most of its time, and so does who kills processes: the others run in the time that they leave, and
# give way to them; what keeps both cores busy comes last. (A third lane beside both made all of it slower.)
browser=MistralStudio.E2E.Tests:browser
processes=MistralStudio.E2E.Tests:processes
parts=(MistralStudio.Web.Tests)
for project in tests/*.Tests; do
  case "$project" in
    *.E2E.Tests | *.Web.Tests | *.Inference.Tests) ;;
    *) parts+=("$(basename "$project")") ;;
  esac
done
parts+=(MistralStudio.Inference.Tests)
say "Running the browser tests, and the others beside them, on $(getconf _NPROCESSORS_ONLN) cores"
{ run "$browser"; run_what_is_left "${parts[@]}" -- nice -n 10; } &
lane=$!
run "$processes"
run_what_is_left "${parts[@]}" -- nice -n 10
say "Checking wwwroot-assets"
log="$results/assets.log"
if (cd wwwroot-assets && npm run check --silent) >"$log" 2>&1; then
  passed=$((passed + 1))
else
  cat "$log"
  broken+=("wwwroot-assets: the types do not check")
  failed=$((failed + 1))
fi

say "Running the official clients"
log="$results/clients.log"
if (cd tests/clients && nice -n 10 node --test --test-concurrency=1 --test-reporter=tap) >"$log" 2>&1; then
  code=0
else
  code=$?
  cat "$log"
  while IFS= read -r line; do wrongs+=("$line"); done < <(grep -E '^not ok' "$log" | grep -vE '# (SKIP|TODO)')
fi
tap() { # of: the number behind "# pass", "# fail", ... in TAP's closing summary; 0 where there is none
  local number
  number=$(sed -nE "s/^# $1 ([0-9]+)$/\1/p" "$log" | tail -n 1)
  printf '%s' "${number:-0}"
}
wrong=$(($(tap fail) + $(tap cancelled)))
passed=$((passed + $(tap pass)))
skipped=$((skipped + $(tap skipped) + $(tap todo)))
failed=$((failed + wrong))
if [ "$code" != 0 ] && [ "$wrong" = 0 ]; then
  broken+=("tests/clients ended with code $code before its summary")
  failed=$((failed + 1))
fi

wait "$lane"
for part in "$browser" "$processes" "${parts[@]}"; do
  read_results "$part"
done

for line in ${wrongs[@]+"${wrongs[@]}"} ${broken[@]+"${broken[@]}"}; do
  say "$line"
done
say "Tests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
