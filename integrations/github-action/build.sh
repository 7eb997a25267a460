#!/usr/bin/env bash
# Runs barrow: annotations go to the log, the table to the job's summary, and the result to the step's output.
set -euo pipefail

# Words may stand on several lines; reading to the end of the text counts as a failure.
read -r -d '' -a command <<< "${INPUT_COMMAND:-build}" || true
# A word with spaces has quotes, as in a shell; nothing else of a shell has a meaning here.
words=$(mktemp)
result=$(mktemp)
trap 'rm -f "$words" "$result"' EXIT
if ! printf '%s\n' "${INPUT_ARGUMENTS:-}" | xargs printf '%s\0' > "$words"; then
    printf '::error title=barrow::a quote in `arguments` is not closed: %s\n' "${INPUT_ARGUMENTS//$'\n'/ }"
    exit 2
fi
arguments=()
while IFS= read -r -d '' word; do
    if [ -n "$word" ]; then arguments+=("$word"); fi
done < "$words"
case "${command[*]}" in
    build | "sam build") ;;
    *)
        printf '::error title=barrow::the command is `build` or `sam build`, not `%s`\n' "${command[*]}"
        exit 2
        ;;
esac

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
