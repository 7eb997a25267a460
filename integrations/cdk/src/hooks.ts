import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { STDERR, endOf, failure, messageIn } from './barrow';
import { refuseForeignNatives, type NativeTarget } from './natives';
import { copyPrivately } from './private-copy';
import { inTemporaryFolder } from './temporary';
import type { ICommandHooks } from './types';

/** The folders that hooks are told: those of CDK's bundling containers. */
const INPUT = '/asset-input';
const OUTPUT = '/asset-output';

/** What the hooks of a bundle want to be run. */
export interface HookCommands {
  readonly before: string[];
  readonly after: string[];
}

/** Asks the hooks once, with the arguments that a container would give them; undefined when they have no commands. */
export function commandsOf(hooks: ICommandHooks | undefined, suffix: string): HookCommands | undefined {
  const content = path.posix.join(OUTPUT, suffix);
  const before = (hooks?.beforeBundling(INPUT, content) ?? []).filter((command) => command);
  const after = (hooks?.afterBundling(INPUT, content) ?? []).filter((command) => command);
  return before.length + after.length > 0 ? { before, after } : undefined;
}

/** What is bundled with hooks, and how. */
export interface HookedBundle {
  readonly entry: string;
  /** The folder that gets the result. */
  readonly outputDir: string;
  /** The folder inside `outputDir` that everything goes to, or nothing. */
  readonly suffix: string;
  readonly env: NodeJS.ProcessEnv;
  readonly hooks: HookCommands;
  readonly target: NativeTarget;
  /** The command line that bundles the folder `source` into `output`. */
  readonly bundle: (source: string, output: string) => string[];
}

/**
 * Bundles with the hooks around it as one `bash -c`, joined by `&&`: variables and folders that a command sets hold for those
 * that follow, and for barrow.
 *
 * Commands before the bundling start in a private copy of the entry, commands after it in the output. Both folders lie in the
 * system's temporary folder: below the app they would be inside its repository, and a `git clean` there is one of the
 * user's own files. Only when all commands succeeded does the result go to `outputDir`.
 */
export function bundleWithHooks(bundle: HookedBundle): void {
  inTemporaryFolder((work) => {
    const input = path.join(work, 'asset-input');
    const output = path.join(work, 'asset-output');
    copyPrivately(bundle.entry, input, path.dirname(bundle.outputDir));
    fs.mkdirSync(output);
    const content = path.join(output, bundle.suffix);
    runChain(bundle, work, input, content);
    if (!fs.existsSync(content)) {
      throw new Error(`command hook left no output: ${bundle.hooks.after.join(' && ')}`);
    }
    refuseForeignNatives(content, freshOf(work), bundle.target);
    moveContent(output, bundle.outputDir);
  });
}

function runChain(bundle: HookedBundle, work: string, input: string, content: string): void {
  const { before, after } = bundle.hooks;
  const errorFile = path.join(work, 'error');
  const [fresh, bundled] = [freshOf(work), path.join(work, 'bundled')];
  const result = spawnSync('bash', ['-c', [
    ...placed(before, work),
    bundlingStep(bundle, { source: before.length > 0 ? input : bundle.entry, content, errorFile, fresh, bundled }),
    `cd ${quoted(content)}`,
    ...placed(after, work),
  ].join(' && ')], { cwd: input, env: shellVariables(bundle.env, input), stdio: ['ignore', STDERR, STDERR] });
  if (result.error) {
    throw new Error(`command hooks need bash: ${result.error.message}`);
  }
  if (result.status !== 0) {
    const message = messageIn(errorFile);
    throw message
      ? failure(endOf(result), message)
      : new Error(`command hook failed (${endOf(result)}): ${[...before, ...after].join(' && ')}`);
  }
  if (!fs.existsSync(bundled)) {
    throw new Error(`command hook ended before anything was bundled: ${before.join(' && ')}`);
  }
}

/** Variables that lead the commands of a hook, or the git that they call, to folders of the user. */
const LEADING_AWAY = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY', 'GIT_PREFIX'];

/** The variables of the shell. `cd -` and `$OLDPWD` would otherwise be where the user's own shell was before. */
function shellVariables(env: NodeJS.ProcessEnv, input: string): NodeJS.ProcessEnv {
  // Wherever the temporary folder lies, git finds no repository around it.
  const variables: NodeJS.ProcessEnv = { ...env, PWD: input, OLDPWD: input, GIT_CEILING_DIRECTORIES: path.dirname(input) };
  LEADING_AWAY.forEach((name) => delete variables[name]);
  return variables;
}

/**
 * Barrow as a command of the chain, in a subshell that keeps its folder to itself.
 *
 * The result is copied and not linked, because hooks may write into it: a linked file would be the cache's own. It is laid
 * over what hooks already put into the output, as `rsync` and `pip install --target` do.
 */
function bundlingStep(
  { bundle }: HookedBundle,
  { source, content, errorFile, fresh, bundled }: { [place in 'source' | 'content' | 'errorFile' | 'fresh' | 'bundled']: string },
): string {
  const barrow = [...bundle(source, fresh), '--link-mode', 'copy'].map(quoted).join(' ');
  return `( cd ${quoted(source)} && BARROW_ERROR_FILE=${quoted(errorFile)} ${barrow} >/dev/null`
    + ` && umask 022 && mkdir -p ${quoted(content)} && cp -RP ${quoted(`${fresh}/.`)} ${quoted(content)}`
    + ` && chmod -R u+w ${quoted(content)} && : >${quoted(bundled)} )`;
}

/** What barrow itself made, as it was before the commands that follow. */
function freshOf(work: string): string {
  return path.join(work, 'fresh');
}

/** Commands with the folders of this run in the place of those that the hooks were told. */
function placed(commands: string[], work: string): string[] {
  // `-t/asset-output` is an option with its value; `build/asset-output` is another folder.
  const told = /(?<=^|[^\w./~})*?$-]|(?:^|[\s"'])-[A-Za-z])\/asset-(?:input|output)(?![\w-])/g;
  return commands.map((command) => command.replace(told, (folder) => work + folder));
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Moves what lies in one folder into another, which may be on another file system. */
function moveContent(from: string, to: string): void {
  for (const name of fs.readdirSync(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    try {
      fs.renameSync(source, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') {
        throw error;
      }
      fs.cpSync(source, target, { recursive: true, verbatimSymlinks: true });
    }
  }
}
