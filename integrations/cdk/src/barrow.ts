import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { inProps } from './hints';
import { ask, type Surroundings } from './server';
import { inTemporaryFolder } from './temporary';

/** Standard error of the process, for both streams of a child: `cdk synth` prints the template on standard output. */
export const STDERR = 2;

/**
 * Runs barrow to its end and gives what it printed as its result.
 *
 * Its progress and messages go to the user's terminal while it runs.
 *
 * @throws with the message of barrow when it does not exit with 0.
 */
export function runBarrow(binary: string, args: string[], surroundings: Surroundings): string {
  const answer = ask(binary, args, surroundings);
  if (!answer) {
    return runProcess(binary, args, surroundings);
  }
  if (answer.status !== 0) {
    throw failure(`exit status ${answer.status}`, inWordsOfProps(answer.error));
  }
  return answer.printed;
}

/** The same by a process of its own. */
function runProcess(binary: string, args: string[], { cwd, env }: Surroundings): string {
  // Barrow writes its message there too, because a stream that the terminal has cannot be read as well.
  return inTemporaryFolder((folder) => {
    const errorFile = path.join(folder, 'error');
    const result = spawnSync(binary, args, {
      cwd,
      env: { ...env, BARROW_ERROR_FILE: errorFile },
      stdio: ['ignore', 'pipe', STDERR],
      encoding: 'utf8',
    });
    if (result.error) {
      throw new Error(`barrow could not be run: ${result.error.message}`);
    }
    if (result.status !== 0) {
      throw failure(endOf(result), messageIn(errorFile));
    }
    return result.stdout;
  });
}

/** What a failed barrow said, as an error. */
export function failure(end: string, message?: string): Error {
  return new Error(`barrow failed (${end}): ${message ?? 'what it said stands above'}`);
}

/** What barrow wrote to its error file, in the words of a construct; nothing when it did not fail. */
export function messageIn(errorFile: string): string | undefined {
  try {
    return inWordsOfProps(readFileSync(errorFile, 'utf8'));
  } catch {
    return undefined;
  }
}

function inWordsOfProps(message = ''): string | undefined {
  return inProps(message.trim().replace(/^error: /, '')) || undefined;
}

/** How a child ended, in words. */
export function endOf(result: { signal: NodeJS.Signals | null; status: number | null }): string {
  return result.signal ? `signal ${result.signal}` : `exit status ${result.status}`;
}
