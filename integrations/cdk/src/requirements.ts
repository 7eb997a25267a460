import { existsSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import * as path from 'node:path';

/** Where the requirements of an entry stand: the first of these that it has, itself and not a folder above it. */
const FILES = [
  // Those that the Docker-based module knows, in its order.
  'Pipfile.lock',
  'poetry.lock',
  'requirements.txt',
  'uv.lock',
  // Those that it does not look at.
  'pylock.toml',
  'pdm.lock',
];

const PROJECT = 'pyproject.toml';

/** Locks that may lie above a project that is part of a larger one. */
const LOCKS = FILES.filter((name) => name.includes('lock'));

/** What is installed for an entry. */
export interface Requirements {
  /** Files, relative to the entry or absolute; none: nothing is installed. */
  readonly files: string[];
  /** What differs from the Docker-based module, for people. */
  readonly notice?: string;
  /** Patterns of source files that are left out because of the choice. */
  readonly excludes: string[];
  /** Barrow looks for the lock of the workspace or project that the entry is part of, which lies above it. */
  readonly isLookedFor?: boolean;
}

/** Chooses as the Docker-based module does, so that a changed import changes nothing. */
export function requirementsOf(entry: string, named?: string[]): Requirements {
  if (named) {
    return { files: named, excludes: [] };
  }
  const found = FILES.find((file) => existsSync(path.join(entry, file)));
  if (found) {
    return { files: [found], excludes: found === 'uv.lock' ? ['.python-version'] : [] };
  }
  const project = path.join(entry, PROJECT);
  if (!existsSync(project) || !hasDependencies(readFileSync(project, 'utf8'))) {
    return { files: [], excludes: [] };
  }
  const notice = `barrow: installing the dependencies of ${project}, which @aws-cdk/aws-lambda-python-alpha does not do `
    + 'without a lock file beside it; `bundling: { requirements: [] }` leaves them out';
  return { files: [PROJECT], notice, excludes: [], isLookedFor: true };
}

/** The arguments of barrow for requirements of a source: the entry, or a copy of it. */
export function requirementArguments({ files, isLookedFor }: Requirements, entry: string, source: string): string[] {
  if (isLookedFor) {
    refuseLostLock(entry, source);
    return [];
  }
  const places = files.length > 0 ? files.map((file) => path.resolve(source, file)) : [devNull];
  return places.flatMap((file) => ['--requirement', file]);
}

/** A copy lies elsewhere, so that a lock above the entry would silently not count. */
function refuseLostLock(entry: string, source: string): void {
  for (let above = path.dirname(entry); source !== entry; above = path.dirname(above)) {
    const lock = LOCKS.map((name) => path.join(above, name)).find(existsSync);
    if (lock) {
      throw new Error(
        `barrow: commands before the bundling work on a copy of ${entry}, which is not below ${lock}; give it a lock of its own, `
          + "or say `requirements: ['pyproject.toml']` to choose versions anew",
      );
    }
    if (above === path.dirname(above)) {
      return;
    }
  }
}

/** Whether a pyproject.toml names dependencies in its table `[project]`; tables of tools alone are none. */
function hasDependencies(text: string): boolean {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^\s*\[\s*project\s*\]/.test(line)) + 1;
  const length = lines.slice(start).findIndex((line) => /^\s*\[{1,2}[\w"' .-]+\]{1,2}\s*(?:#.*)?$/.test(line));
  const project = start === 0 ? '' : lines.slice(start, length < 0 ? undefined : start + length).join('\n');
  return /^\s*dependencies\s*=\s*\[(?:\s|#.*)*["']/m.test(project) || /^\s*dynamic\s*=\s*\[[^\]]*["']dependencies["']/m.test(project);
}
