#!/usr/bin/env bash
# Runs barrow: annotations go to the log, the table to the job's summary, and the result to the step's output.
set -euo pipefail

# Words may stand on several lines; reading to the end of the text counts as a failure.
read -r -d '' -a command <<< "${INPUT_COMMAND:-build}" || true
read -r -d '' -a arguments <<< "${INPUT_ARGUMENTS:-}" || true
case "${command[*]}" in
    build | "sam build") ;;
    *)
        printf '::error title=barrow::the command is `build` or `sam build`, not `%s`\n' "${command[*]}"
        exit 2
        ;;
esac

result=$(mktemp)
trap 'rm -f "$result"' EXIT
status=0
"$BARROW" "${command[@]}" ${arguments[@]+"${arguments[@]}"} --github --json > "$result" || status=$?
# A word that ends the value and cannot be part of it.
end="end-of-result-$RANDOM$RANDOM"
{
    printf 'result<<%s\n' "$end"
    cat "$result"
    printf '%s\n' "$end"
} >> "$GITHUB_OUTPUT"
exit "$status"
