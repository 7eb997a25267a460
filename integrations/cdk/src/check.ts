import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { type ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Stack, Stage } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { endOf, failure, messageIn, STDERR } from './barrow';
import type { Surroundings } from './server';
import { inTemporaryFolder } from './temporary';

/** What a bundle is checked with. */
export interface CheckedWith {
  /** The handler as Lambda has it, such as `app.handler`; without one, modules that look like one are taken. */
  readonly handler?: string;
  /** The layers of the function. What those bring whose files are not known is not missed. */
  readonly layers?: ILayerVersion[];
}

interface Finding {
  readonly code: string;
  readonly grade: string;
  readonly message: string;
  readonly chain: string[];
  readonly fix?: string;
}

/** The code that is told where an import leads nowhere. */
const MISSING_MODULE = 'BAR012';

/** Where the asset of a function or layer lies, once it is staged; nothing where it is not bundled or lies elsewhere. */
export function stagedAsset(construct: Construct): string | undefined {
  const asset = construct.node.tryFindChild('Code') as Asset | undefined;
  const stage = Stage.of(construct);
  if (!asset?.assetPath || !stage || !Stack.of(construct).bundlingRequired) {
    return undefined;
  }
  return path.resolve(stage.outdir, asset.assetPath);
}

/** The arguments of `barrow check` that say what a bundle runs with. */
export function checkArguments({ handler, layers = [] }: CheckedWith): string[] {
  const places = layers.map((layer) => stagedAsset(layer as unknown as Construct));
  return [
    ...(handler === undefined ? [] : ['--handler', handler]),
    ...places.flatMap((place) => (place === undefined ? [] : ['--layer', place])),
    ...(places.includes(undefined) ? ['--ignore', MISSING_MODULE] : []),
  ];
}

/**
 * Runs `barrow check`, and writes what breaks nothing to standard error.
 *
 * @throws with what would break.
 */
export function runCheck(binary: string, args: string[], { cwd, env }: Surroundings): void {
  inTemporaryFolder((folder) => {
    const errorFile = path.join(folder, 'error');
    const result = spawnSync(binary, ['check', ...args, '--json', '--quiet'], {
      cwd,
      env: { ...env, BARROW_ERROR_FILE: errorFile },
      stdio: ['ignore', 'pipe', STDERR],
      encoding: 'utf8',
    });
    if (result.error) {
      throw new Error(`barrow could not be run: ${result.error.message}`);
    }
    const findings = findingsIn(result.stdout);
    for (const finding of findings.filter(({ grade }) => grade === 'warning')) {
      process.stderr.write(`${oneLine(finding)}\n`);
    }
    if (result.status !== 0) {
      const errors = findings.filter(({ grade }) => grade === 'error').map((finding) => `\n  ${oneLine(finding)}`);
      throw failure(endOf(result), told(messageIn(errorFile), errors));
    }
  });
}

/** The failure of a run with --json in plain words, with what was found before its hints. */
function told(message = '', errors: string[]): string {
  try {
    const { error } = JSON.parse(message);
    const causes = error.causes.map((cause: string) => `\n  because: ${cause}`);
    const hints = error.hints.map((hint: string) => `\nhint: ${hint}`);
    return [error.message, ...causes, ...errors, ...hints].join('');
  } catch {
    return [message || 'the check failed', ...errors].join('');
  }
}

/** What was found; nothing where barrow did not come so far. */
function findingsIn(printed: string): Finding[] {
  try {
    return JSON.parse(printed).findings;
  } catch {
    return [];
  }
}

function oneLine({ grade, code, message, chain, fix }: Finding): string {
  const way = chain.length > 0 ? ` (${chain.join(' → ')})` : '';
  return `${grade}[${code}]: ${message}${way}${fix ? `; ${fix}` : ''}`;
}
