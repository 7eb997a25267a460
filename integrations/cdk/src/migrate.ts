#!/usr/bin/env node
/**
 * `barrow-cdk migrate [--dry-run] [FOLDER]`: changes the imports of an app from `@aws-cdk/aws-lambda-python-alpha`, in TypeScript,
 * JavaScript and Python, and names the lines that need a hand.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

const SKIPPED = new Set(['node_modules', 'cdk.out', 'site-packages', 'dist', '__pycache__']);
const TYPESCRIPT = /\.(?:[cm]?[jt]s|tsx)$/;
const MANIFEST = /^(?:package\.json|\.projenrc\.\w+|requirements.*\.(?:txt|in)|pyproject\.toml|setup\.py|Pipfile)$/;

/** What a construct's option becomes when it asks for a container. */
const BY_HAND: [RegExp, string][] = [
  [/\b(?:image)\s*[:=](?!=)/, 'there is no image: system libraries that it adds belong into a layer or a hook'],
  [/\b(?:buildArgs|build_args)\s*[:=](?!=)/, 'PIP_INDEX_URL and PIP_EXTRA_INDEX_URL become `indexUrl` and `extraIndexUrls`; others go'],
  [/\b(?:volumes|volumesFrom|volumes_from)\s*[:=](?!=)/, 'nothing is mounted: barrow reads netrc, pip.conf and folders of the host'],
  [/\b(?:command|entrypoint)\s*[:=](?!=)\s*\[/, '`pip install` goes, what is left becomes a command hook'],
  [/\b(?:workingDirectory|working_directory)\s*[:=](?!=)/, 'hooks start in copies of the source and the output'],
  [/\bpip3? install\b/, 'installs for the host: name the packages in a file of `requirements`'],
];

export interface Migration {
  /** Files whose imports were changed. */
  readonly changed: string[];
  /** What is left to do, as `file:line: what`. */
  readonly byHand: string[];
}

/** Changes the imports of an app. */
export function migrate(folder: string, dryRun = false): Migration {
  const migration: Migration = { changed: [], byHand: [] };
  for (const file of filesBelow(folder)) {
    const before = readFileSync(file, 'utf8');
    const after = TYPESCRIPT.test(file) ? inTypeScript(before) : file.endsWith('.py') ? inPython(before) : before;
    if (after !== before) {
      migration.changed.push(file);
      if (!dryRun) {
        writeFileSync(file, after);
      }
    }
    after.split('\n').forEach((line, index) => {
      for (const what of leftToDo(file, line, after !== before)) {
        migration.byHand.push(`${file}:${index + 1}: ${what}`);
      }
    });
  }
  return migration;
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name) && !(entry.name.startsWith('.') && entry.name !== '.')) {
      yield* filesBelow(file);
    } else if (entry.isFile() && (TYPESCRIPT.test(file) || file.endsWith('.py') || MANIFEST.test(entry.name))) {
      yield file;
    }
  }
}

/** Only whole module names in quotes after a word that imports, or that mocks an import: a list of dependencies is no import. */
function inTypeScript(text: string): string {
  const importing = /((?:\bfrom|\bimport\s*\(?|\brequire\(|\b(?:mock|unmock|doMock|requireActual)\()\s*)(['"])@aws-cdk\/aws-lambda-python-alpha\2/g;
  return text.replace(importing, '$1$2barrow-cdk$2');
}

function inPython(text: string): string {
  return text
    .replace(/^([ \t]*)from[ \t]+aws_cdk\.aws_lambda_python_alpha[ \t]+import\b/gm, '$1from barrow_cdk import')
    .replace(/^([ \t]*)import[ \t]+aws_cdk\.aws_lambda_python_alpha[ \t]+as[ \t]+(\w+)/gm, '$1import barrow_cdk as $2')
    .replace(/^([ \t]*)from[ \t]+aws_cdk[ \t]+import\b((?:[^\n(\\]|\\\n)*(?:\([^)]*\)[^\n]*)?)/gm, withoutModule);
}

/** A statement that imports several modules of the CDK, without the one that is exchanged, which gets a line of its own. */
function withoutModule(statement: string, indent: string, names: string): string {
  const found = /\baws_lambda_python_alpha\b(?:[ \t]+as[ \t]+(\w+))?/.exec(names.replace(/#.*/g, (comment) => ' '.repeat(comment.length)));
  if (!found) {
    return statement;
  }
  const own = `${indent}import barrow_cdk as ${found[1] ?? 'aws_lambda_python_alpha'}`;
  const [before, after] = [names.slice(0, found.index), names.slice(found.index + found[0].length)];
  // A line of its own goes whole; elsewhere one of the two commas around it does.
  const alone = /\n[ \t]*$/.test(before) && /^[ \t]*,?[ \t]*(?:#[^\n]*)?\n/.test(after);
  const left = alone
    ? before.replace(/[ \t]*$/, '') + after.replace(/^[^\n]*\n/, '')
    : /^\s*,/.test(after) ? before + after.replace(/^\s*,[ \t]*/, '') : before.replace(/,[\s\\]*$/, '') + after;
  return /\w/.test(left.replace(/#.*/g, '')) ? `${indent}from aws_cdk import${left}\n${own}` : own;
}

function leftToDo(file: string, line: string, isChanged: boolean): string[] {
  const found: string[] = [];
  if (/aws[-_.]lambda[-_.]python[-_.]alpha/.test(line) && !/\bas aws_lambda_python_alpha\b/.test(line)) {
    found.push(MANIFEST.test(path.basename(file)) ? 'depend on barrow-cdk instead' : 'import it from barrow-cdk (barrow_cdk in Python)');
  }
  return isChanged ? [...found, ...BY_HAND.filter(([option]) => option.test(line)).map(([, what]) => what)] : found;
}

function main(words: string[]): void {
  const [command, ...rest] = words;
  const folders = rest.filter((word) => word !== '--dry-run');
  if (command !== 'migrate' || folders.length > 1 || folders.some((word) => word.startsWith('-'))) {
    process.stderr.write('usage: barrow-cdk migrate [--dry-run] [FOLDER]\n');
    process.exitCode = 2;
    return;
  }
  const { changed, byHand } = migrate(folders[0] ?? '.', rest.includes('--dry-run'));
  changed.forEach((file) => process.stdout.write(`${file}: import changed\n`));
  byHand.forEach((line) => process.stdout.write(`${line}\n`));
}

if (require.main === module) {
  main(process.argv.slice(2));
}
