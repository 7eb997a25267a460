import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Standard error of the process, for both streams of a child: `cdk synth` prints the template on standard output. */
const STDERR = 2;

/**
 * Runs barrow to its end and gives what it printed as its result, where that was asked for.
 *
 * Its progress and messages go to the user's terminal while it runs.
 *
 * @throws with the message of barrow when it does not exit with 0.
 */
export function runBarrow(binary: string, args: string[], env: NodeJS.ProcessEnv, stdout: 'pipe' | 'ignore'): string {
  // Barrow writes its message there too, because a stream that the terminal has cannot be read as well.
  const folder = mkdtempSync(path.join(os.tmpdir(), 'barrow-'));
  const errorFile = path.join(folder, 'error');
  try {
    const result = spawnSync(binary, args, {
      env: { ...env, BARROW_ERROR_FILE: errorFile },
      stdio: ['ignore', stdout, STDERR],
      encoding: 'utf8',
    });
    if (result.error) {
      throw new Error(`barrow could not be run: ${result.error.message}`);
    }
    if (result.status !== 0) {
      const end = result.signal ? `signal ${result.signal}` : `exit status ${result.status}`;
      throw new Error(`barrow failed (${end}): ${messageIn(errorFile)}`);
    }
    return result.stdout ?? '';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs commands on the host, one after the other until one fails, as a shell does with `&&`. */
export function runCommands(commands: string[], folder: string, env: NodeJS.ProcessEnv): void {
  const chained = commands.filter((command) => command !== '').join(' && ');
  if (chained === '') {
    return;
  }
  const result = spawnSync(chained, { shell: true, cwd: folder, env, stdio: ['ignore', STDERR, STDERR] });
  if (result.status !== 0) {
    const end = result.error?.message ?? result.signal ?? `exit status ${result.status}`;
    throw new Error(`command hook failed (${end}): ${chained}`);
  }
}

function messageIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().replace(/^error: /, '');
  } catch {
    return 'what it said stands above';
  }
}
