#!/bin/sh
# Bundles the function into one zip and hands it to Lambda: deploy.sh FUNCTION-NAME
set -eu
cd "$(dirname "$0")"
barrow bundle function -o build/function.zip --runtime python3.13 --arch arm64
aws lambda update-function-code --function-name "$1" --zip-file fileb://build/function.zip
