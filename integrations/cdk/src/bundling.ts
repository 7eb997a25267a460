import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { Architecture, type Runtime } from 'aws-cdk-lib/aws-lambda';
import type { BundlingOptions as CoreBundlingOptions, ILocalBundling } from 'aws-cdk-lib/core';
import { optionArguments, withoutPlace } from './arguments';
import { runBarrow } from './barrow';
import { checkArguments, runCheck, type CheckedWith } from './check';
import { findBinary } from './binary';
import { bundleWithHooks, commandsOf, type HookCommands } from './hooks';
import { requirementArguments, requirementsOf, type Requirements } from './requirements';
import { ownVariables, settingsAbove, uvSettingsAbove } from './surroundings';
import type { BarrowOptions, ICommandHooks } from './types';

/** What one bundle is made from. */
export interface BarrowBundlingProps extends BarrowOptions {
  /** The folder with the source and its requirements. */
  readonly entry: string;
  /** The runtime, as a construct's property or by name (`python3.13`). */
  readonly runtime: Runtime | string;
  /** The architecture; default: x86_64. */
  readonly architecture?: Architecture;
  /** Patterns of source files to leave out, read as lines of a `.gitignore`. */
  readonly excludes?: string[];
  /** The folder inside the asset that everything goes to: `python` for a layer. */
  readonly outputPathSuffix?: string;
  /** Commands to run on the host around the bundling. */
  readonly commandHooks?: ICommandHooks;
  /** Environment variables for barrow and the hooks; they do not enter a hash. */
  readonly environment?: { [key: string]: string };
  /** Let CDK try Docker when barrow fails, instead of failing the synthesis. */
  readonly fallbackToDocker?: boolean;
  /** The handler as Lambda has it (`index.handler`), for `check`. */
  readonly handler?: string;
}

/** Folder that a layer has at its root. */
export const LAYER_FOLDER = 'python';

/**
 * CDK's `local` bundling hook: runs barrow, synchronously, and is true only when barrow exits 0.
 *
 * Give the folder of `entry` to `Code.fromAsset` as well: CDK does not tell a hook what the source is.
 */
export class BarrowBundling implements ILocalBundling {
  /**
   * What changes the bundle besides the files: by the fields of a hook CDK tells two bundles of one source apart, and
   * they enter the asset hash. So there is no path of this machine in it, no environment, no credential.
   */
  public readonly identity: { readonly [name: string]: unknown };

  readonly #props: BarrowBundlingProps;
  readonly #entry: string;
  readonly #suffix: string;
  readonly #requirements: Requirements;
  readonly #hooks?: HookCommands;

  public constructor(props: BarrowBundlingProps) {
    const { commandHooks, archive = false, excludes = [] } = props;
    this.#props = props;
    this.#entry = path.resolve(props.entry);
    this.#suffix = insideAsset(props.outputPathSuffix ?? '');
    this.#requirements = requirementsOf(this.#entry, props.requirements);
    this.#hooks = commandsOf(commandHooks, this.#suffix);
    if (archive && (this.#hooks || !['', LAYER_FOLDER].includes(this.#suffix))) {
      throw new Error(
        'barrow: `archive` gives one finished zip, so `commandHooks` and an `outputPathSuffix` ' +
          `other than \`${LAYER_FOLDER}\` are not possible with it`,
      );
    }
    this.identity = {
      barrow: 1,
      runtime: runtimeName(props.runtime),
      architecture: architectureName(props.architecture),
      excludes,
      outputPathSuffix: this.#suffix,
      archive,
      requirements: this.#requirements.files.map((file) => withoutPlace(file, this.#entry)),
      barrowArgs: optionArguments(props).map((argument) => withoutPlace(argument, this.#entry)),
      hooks: this.#hooks ? [...this.#hooks.before, '', ...this.#hooks.after] : [],
    };
  }

  /** Bundles into `outputDir`. True: done. It throws with barrow's own message otherwise, unless Docker may try. */
  public tryBundle(outputDir: string, _options?: CoreBundlingOptions): boolean {
    try {
      this.#bundle(outputDir);
      return true;
    } catch (error) {
      if (!this.#props.fallbackToDocker) {
        throw error;
      }
      process.stderr.write(`${(error as Error).message}\nbarrow: trying Docker, as fallbackToDocker asks\n`);
      return false;
    }
  }

  /**
   * One hash over everything that shapes the bundle, the same on every machine and in every folder.
   * It asks `barrow fingerprint`, which reads the inputs but resolves nothing.
   */
  public fingerprint(): string {
    const surroundings = { cwd: this.#entry, env: this.#environment() };
    const output = runBarrow(this.#binary(), ['fingerprint', ...this.#arguments(this.#entry), '--quiet'], surroundings);
    return createHash('sha256').update(output.trim()).update(JSON.stringify(this.identity)).digest('hex');
  }

  /**
   * Checks a bundle that was made by this hook, now or by an earlier synthesis: CDK asks a hook for nothing that is there.
   *
   * @throws with what would not load.
   */
  public check(asset: string, checkedWith: CheckedWith = {}): void {
    const { runtime, architecture } = this.#props;
    const target = ['--runtime', runtimeName(runtime), '--arch', architectureName(architecture)];
    const surroundings = { cwd: this.#entry, env: this.#environment() };
    runCheck(this.#binary(), [path.resolve(asset), ...target, ...checkArguments(checkedWith)], surroundings);
  }

  #bundle(outputDir: string): void {
    const { archive } = this.#props;
    if (this.#requirements.notice) {
      process.stderr.write(`${this.#requirements.notice}\n`);
    }
    if (this.#hooks) {
      this.#bundleWithHooks(path.resolve(outputDir), this.#hooks);
      return;
    }
    const content = path.join(outputDir, this.#suffix);
    if (!archive) {
      mkdirSync(content, { recursive: true });
    }
    const zip = [path.join(outputDir, 'bundle.zip'), ...(this.#suffix ? ['--layer'] : [])];
    const output = archive ? zip : [content];
    runBarrow(
      this.#binary(),
      ['bundle', ...this.#arguments(this.#entry), ...this.#lookedThrough(), '--output', ...output],
      { cwd: this.#entry, env: this.#environment() },
    );
  }

  #bundleWithHooks(outputDir: string, hooks: HookCommands): void {
    const environment = this.#environment();
    const isTold = environment.UV_CONFIG_FILE !== undefined || environment.UV_NO_CONFIG !== undefined;
    // Commands before the bundling work on a copy, which lies elsewhere.
    const isCopied = hooks.before.length > 0;
    if (isCopied) {
      // A lock that would be lost is told before settings that would be.
      this.#arguments(outputDir);
    }
    const env = isTold || !isCopied ? environment : { ...environment, ...uvSettingsAbove(this.#entry) };
    const settings = settingsAbove(this.#entry);
    bundleWithHooks({
      entry: this.#entry,
      outputDir,
      suffix: this.#suffix,
      env: settings && !env.BARROW_CONFIG_FILE ? { ...env, BARROW_CONFIG_FILE: settings } : env,
      hooks,
      target: { architecture: architectureName(this.#props.architecture), runtime: runtimeName(this.#props.runtime) },
      bundle: (source, output) => [this.#binary(), 'bundle', ...this.#arguments(source), ...this.#lookedThrough(), '--output', output],
    });
  }

  /** What is asked about a bundle when it is made: it changes no byte, and so no fingerprint. */
  #lookedThrough(): string[] {
    const { check, handler, report } = this.#props;
    const checked = check ? ['--check', ...(handler === undefined ? [] : ['--handler', handler])] : [];
    return [...checked, ...(report === undefined ? [] : ['--report', path.resolve(report)])];
  }

  /** The arguments for a source: the entry, or the copy of it that hooks have changed. */
  #arguments(source: string): string[] {
    const { runtime, architecture, excludes = [] } = this.#props;
    return [
      source,
      // The handler is a file of the source, wherever that is a project that could be built as well.
      '--no-project',
      '--runtime',
      runtimeName(runtime),
      '--arch',
      architectureName(architecture),
      ...requirementArguments(this.#requirements, this.#entry, source),
      ...[...excludes, ...this.#requirements.excludes].map((pattern) => `--exclude=${pattern}`),
      ...optionArguments(this.#props),
    ];
  }

  #binary(): string {
    return findBinary(this.#props.binary);
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...ownVariables(), ...this.#props.environment };
  }
}

function runtimeName(runtime: Runtime | string): string {
  return typeof runtime === 'string' ? runtime : runtime.name;
}

function architectureName(architecture: Architecture = Architecture.X86_64): string {
  return architecture.name;
}

/** A suffix as people write it (`/python`, `python/`, `.`), relative to the asset. */
function insideAsset(suffix: string): string {
  const relative = path.posix.relative('/asset', path.posix.join('/asset', suffix));
  if (relative === '..' || relative.startsWith('../')) {
    throw new Error(`barrow: outputPathSuffix \`${suffix}\` leads outside the asset`);
  }
  return relative;
}
