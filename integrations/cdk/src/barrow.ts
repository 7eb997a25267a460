import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { inProps } from './hints';

/** Standard error of the process, for both streams of a child: `cdk synth` prints the template on standard output. */
export const STDERR = 2;

/** Where barrow runs, and with which variables. */
export interface Surroundings {
  /** The folder that relative paths in requirements and arguments start from. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs barrow to its end and gives what it printed as its result, where that was asked for.
 *
 * Its progress and messages go to the user's terminal while it runs.
 *
 * @throws with the message of barrow when it does not exit with 0.
 */
export function runBarrow(binary: string, args: string[], surroundings: Surroundings, stdout: 'pipe' | 'ignore'): string {
  // Barrow writes its message there too, because a stream that the terminal has cannot be read as well.
  return inTemporaryFolder((folder) => {
    const errorFile = path.join(folder, 'error');
    const result = spawnSync(binary, args, {
      cwd: surroundings.cwd,
      env: { ...surroundings.env, BARROW_ERROR_FILE: errorFile },
      stdio: ['ignore', stdout, STDERR],
      encoding: 'utf8',
    });
    if (result.error) {
      throw new Error(`barrow could not be run: ${result.error.message}`);
    }
    if (result.status !== 0) {
      throw failure(endOf(result), errorFile);
    }
    return result.stdout ?? '';
  });
}

/** What a failed barrow said, as an error. */
export function failure(end: string, errorFile: string): Error {
  return new Error(`barrow failed (${end}): ${messageIn(errorFile) ?? 'what it said stands above'}`);
}

/** What barrow wrote to its error file, in the words of a construct; nothing when it did not fail. */
export function messageIn(errorFile: string): string | undefined {
  try {
    return inProps(readFileSync(errorFile, 'utf8').trim().replace(/^error: /, '')) || undefined;
  } catch {
    return undefined;
  }
}

/** How a child ended, in words. */
export function endOf(result: { signal: NodeJS.Signals | null; status: number | null }): string {
  return result.signal ? `signal ${result.signal}` : `exit status ${result.status}`;
}

/** Gives `work` a folder of its own, which is gone afterwards as far as the modes that hooks gave to its files allow. */
export function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'barrow-')));
  try {
    return work(folder);
  } finally {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // What came of the work counts more than a folder that stays behind.
    }
  }
}
