# Every check of the code, one after the other; all run, the first failure decides the exit code.
failed=''
step() {
    name=$1; shift
    printf '%s … ' "$name"
    if said=$("$@" 2>&1); then printf 'ok\n'; else printf 'FAILED\n%s\n' "$said"; failed="$failed $name;"; fi
}
bin=$(dirname "$PANOH_PYTHON")
VAR=$(mktemp -d)
trap 'rm -rf "$VAR"' EXIT
# Types take as long as all the rest, which is checked meanwhile.
("$bin/mypy" . >"$VAR/types" 2>&1 && : >"$VAR/types-ok") &
step 'ruff' "$bin/ruff" check .
step 'format' "$bin/ruff" format --check .
step 'floors' "$bin/lint-imports"
step 'templates' "$bin/djlint" --quiet --lint panoh
step 'migrations' env PANOH_VAR="$VAR" "$PANOH_PYTHON" manage.py makemigrations --check --dry-run
step 'catalogues' env PANOH_VAR="$VAR" "$PANOH_PYTHON" manage.py catalogue
step 'deployment' env PANOH_VAR="$VAR" PANOH_MODE=serve PANOH_ORIGIN=https://panoh.example \
    "$PANOH_PYTHON" manage.py check --deploy --fail-level WARNING
wait
step 'types' sh -c 'cat "$1/types"; [ -e "$1/types-ok" ]' - "$VAR"
[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
