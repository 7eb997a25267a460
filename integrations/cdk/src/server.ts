import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inTemporaryFolder } from './temporary';

/** Where a run of barrow takes place, and with which variables. */
export interface Surroundings {
  /** The folder that relative paths in requirements and arguments start from. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How a run ended. */
export interface Answer {
  readonly printed: string;
  readonly status: number;
  /** Why it failed, as it was told on standard error. */
  readonly error?: string;
}

/** More kinds of surroundings than an app has. */
const MOST_SERVERS = 4;

const servers = new Map<string, Server>();
/** Programs that do not answer: those of others, and of versions before there was `barrow serve`. */
const mute = new Set<string>();

/**
 * Has barrow do a run, by the one process of it that this app has for these surroundings: `barrow serve`.
 *
 * CDK wants each asset when its construct is made, so that runs cannot be put together; but they need not be a process each. The
 * server remembers nothing: it reads all inputs anew for each question. It ends with this process, however that ends, and by
 * itself when it is not needed for a while.
 *
 * @returns nothing where it cannot be asked; then a process of its own does the run.
 */
export function ask(binary: string, args: string[], { cwd, env }: Surroundings): Answer | undefined {
  const program = identityOf(binary);
  const key = JSON.stringify([program, env]);
  for (let known = servers.get(key); !mute.has(program); known = undefined) {
    const server = known ?? start(binary, env, key);
    const answer = server?.ask(cwd, args);
    if (answer) {
      return answer;
    }
    forget(key);
    // One that has ended meanwhile is replaced; a new one that does not answer is not tried again.
    if (!known) {
      mute.add(program);
    }
  }
  return undefined;
}

/** A program that was replaced is another program. */
function identityOf(binary: string): string {
  const { ino, mtimeMs, size } = fs.statSync(binary);
  return [binary, ino, mtimeMs, size].join(' ');
}

function start(binary: string, env: NodeJS.ProcessEnv, key: string): Server | undefined {
  const server = Server.start(binary, env);
  if (server) {
    servers.set(key, server);
    [...servers.keys()].slice(0, -MOST_SERVERS).forEach(forget);
  }
  return server;
}

function forget(key: string): void {
  servers.get(key)?.close();
  servers.delete(key);
}

/** A running `barrow serve`. Its pipes have names for a moment, because node waits on no others without its event loop. */
class Server {
  readonly #questions: number;
  readonly #answers: number;
  readonly #buffer = Buffer.allocUnsafe(1 << 16);

  private constructor(questions: number, answers: number) {
    this.#questions = questions;
    this.#answers = answers;
  }

  public static start(binary: string, env: NodeJS.ProcessEnv): Server | undefined {
    try {
      return inTemporaryFolder((folder) => {
        const [questions, answers] = [path.join(folder, 'questions'), path.join(folder, 'answers')];
        if (spawnSync('mkfifo', ['-m', '600', questions, answers], { stdio: 'ignore' }).status !== 0) {
          return undefined;
        }
        const [asked, told] = [new Pipe(questions), new Pipe(answers)];
        const child = spawn(binary, ['serve'], { env, stdio: [asked.output, told.input, 'inherit'] });
        // What does not start does not answer.
        child.on('error', () => undefined);
        child.unref();
        fs.closeSync(asked.output);
        fs.closeSync(told.input);
        return new Server(asked.input, told.output);
      });
    } catch {
      return undefined;
    }
  }

  /** Nothing: it has gone. */
  public ask(folder: string, args: string[]): Answer | undefined {
    try {
      writeAll(this.#questions, Buffer.from(`${JSON.stringify({ folder, arguments: args })}\n`));
      return this.#answer();
    } catch {
      return undefined;
    }
  }

  public close(): void {
    fs.closeSync(this.#questions);
    fs.closeSync(this.#answers);
  }

  /** What the run printed, a NUL, and a line about its end. */
  #answer(): Answer | undefined {
    const parts: Buffer[] = [];
    for (;;) {
      const size = readSome(this.#answers, this.#buffer);
      if (size === 0) {
        return undefined;
      }
      parts.push(Buffer.from(this.#buffer.subarray(0, size)));
      if (this.#buffer[size - 1] === 0x0a) {
        const [printed, end] = Buffer.concat(parts).toString('utf8').split('\0');
        if (end?.endsWith('\n')) {
          return { printed, ...JSON.parse(end) };
        }
      }
    }
  }
}

/** A named pipe, open at both ends. */
class Pipe {
  public readonly output: number;
  public readonly input: number;

  public constructor(place: string) {
    // Opening one end waits for the other, unless somebody has both.
    const both = fs.openSync(place, 'r+');
    try {
      this.output = fs.openSync(place, 'r');
      this.input = fs.openSync(place, 'w');
    } finally {
      fs.closeSync(both);
    }
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(file, bytes, written);
  }
}

/** Waits for bytes; 0: there will be none. */
function readSome(file: number, buffer: Buffer): number {
  for (;;) {
    try {
      return fs.readSync(file, buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINTR') {
        throw error;
      }
    }
  }
}
