import { accessSync, constants, statSync } from 'node:fs';
import * as path from 'node:path';

/**
 * Finds the barrow program: the given path, `BARROW_BIN`, the platform's npm package, then `PATH`.
 *
 * @param explicit a path that the app names itself; it must exist.
 * @throws when there is none, saying how to install it.
 */
export function findBinary(explicit?: string): string {
  const named = explicit ?? process.env.BARROW_BIN;
  if (named) {
    if (!isProgram(named)) {
      const origin = explicit ? 'the `binary` prop' : 'BARROW_BIN';
      throw new Error(`barrow: ${origin} names \`${named}\`, which is not a program that can be run`);
    }
    return path.resolve(named);
  }
  const found = fromPlatformPackage() ?? fromPath();
  if (!found) {
    throw new Error(
      'barrow: the program was not found. npm brings it along unless optional dependencies are left out; else put it on PATH, ' +
        'or name it in BARROW_BIN or in the `binary` prop',
    );
  }
  return found;
}

/**
 * The program of the optional package `barrow-<platform>-<arch>`, when the app has it installed, or when `barrow-bin` brings it:
 * package managers that keep packages apart show it to `barrow-bin` alone.
 */
function fromPlatformPackage(): string | undefined {
  const name = `barrow-${process.platform}-${process.arch}`;
  const around = [process.cwd(), __dirname];
  const manifest =
    resolved(`${name}/package.json`, around) ??
    resolved(`${name}/package.json`, [path.dirname(resolved('barrow-bin/package.json', around) ?? '.')]);
  if (!manifest) {
    return undefined;
  }
  const program = path.join(path.dirname(manifest), 'bin', programName());
  return isProgram(program) ? program : undefined;
}

/** Where node finds a file of a package for code in `folders`. */
function resolved(file: string, folders: string[]): string | undefined {
  try {
    return require.resolve(file, { paths: folders });
  } catch {
    return undefined;
  }
}

function fromPath(): string | undefined {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, programName()))
    .find(isProgram);
}

function programName(): string {
  return process.platform === 'win32' ? 'barrow.exe' : 'barrow';
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
