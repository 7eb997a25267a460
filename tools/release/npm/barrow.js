#!/usr/bin/env node
'use strict';

const { spawnSync } = require('node:child_process');
const os = require('node:os');
const { programPath } = require('./index.js');

let program;
try {
  program = process.env.BARROW_BIN || programPath();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// Ctrl-C goes to both; what barrow has to put in order before it ends is waited for.
process.on('SIGINT', () => {});
const ended = spawnSync(program, process.argv.slice(2), { stdio: 'inherit' });
if (ended.error) {
  console.error(`barrow: ${program} cannot be run: ${ended.error.message}`);
  process.exit(1);
}
process.exit(ended.status ?? 128 + os.constants.signals[ended.signal]);
