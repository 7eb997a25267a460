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

/** The lock that may lie above a project: at the root of a workspace. */
const LOCK_OF_WORKSPACE = 'uv.lock';

/** What is installed for an entry. */
export interface Requirements {
  /** Files, relative to the entry or absolute; none: nothing is installed. */
  readonly files: string[];
  /** What differs from the Docker-based module, for people. */
  readonly notice?: string;
  /** Patterns of source files that are left out because of the choice. */
  readonly excludes: string[];
  /** Barrow looks for the lock of the workspace that the entry is a member of, which lies above it. */
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
    if (source !== entry) {
      refuseLostLock(entry);
    }
    return [];
  }
  const places = files.length > 0 ? files.map((file) => path.resolve(source, file)) : [devNull];
  return places.flatMap((file) => ['--requirement', file]);
}

/** A copy lies elsewhere, so that the lock above the entry would silently not count. */
function refuseLostLock(entry: string): void {
  const lock = lockAbove(entry);
  if (lock) {
    throw new Error(
      `barrow: commands before the bundling work on a copy of ${entry}, which is not below ${lock}; give it a lock of its own, `
        + "or say `requirements: ['pyproject.toml']` to choose versions anew",
    );
  }
}

/** The lock that barrow finds above an entry: one that has it as a member, and not beyond the root of the repository. */
function lockAbove(entry: string): string | undefined {
  for (let below = entry; !existsSync(path.join(below, '.git')) && below !== path.dirname(below); below = path.dirname(below)) {
    const lock = path.join(path.dirname(below), LOCK_OF_WORKSPACE);
    if (existsSync(lock) && hasMember(readFileSync(lock, 'utf8'), path.relative(path.dirname(lock), entry))) {
      return lock;
    }
  }
  return undefined;
}

function hasMember(lock: string, folder: string): boolean {
  return ['editable', 'virtual', 'directory'].some((kind) => lock.includes(`${kind} = "${folder}" }`));
}

/** Whether a pyproject.toml names dependencies in its table `[project]`; tables of tools alone are none. */
function hasDependencies(text: string): boolean {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^\s*\[\s*project\s*\]/.test(line)) + 1;
  const length = lines.slice(start).findIndex((line) => /^\s*\[{1,2}[\w"' .-]+\]{1,2}\s*(?:#.*)?$/.test(line));
  const project = start === 0 ? '' : lines.slice(start, length < 0 ? undefined : start + length).join('\n');
  return /^\s*dependencies\s*=\s*\[(?:\s|#.*)*["']/m.test(project) || /^\s*dynamic\s*=\s*\[[^\]]*["']dependencies["']/m.test(project);
}
