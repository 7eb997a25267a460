import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { Architecture, AssetCode, Code, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AssetHashType, BundlingOutput, type BundlingOptions as CoreBundlingOptions, type ILocalBundling } from 'aws-cdk-lib/core';
import { findBinary } from './binary';
import type { BundlingOptions, ICommandHooks } from './types';

/** What one bundle is made from. */
export interface BarrowBundlingProps {
  /** The folder with the source and its requirements. */
  readonly entry: string;
  /** The runtime, as a construct's property or by name (`python3.13`). */
  readonly runtime: Runtime | string;
  /** The architecture; default: x86_64. */
  readonly architecture?: Architecture;
  /** Patterns of source files to leave out. */
  readonly excludes?: string[];
  /** The folder inside the asset that everything goes to. */
  readonly outputPathSuffix?: string;
  /** Commands to run on the host around the bundling. */
  readonly commandHooks?: ICommandHooks;
  /** Environment variables for barrow and the hooks; never part of a hash. */
  readonly environment?: { [key: string]: string };
  /** One spliced zip instead of a folder. */
  readonly archive?: boolean;
  /** Further arguments for barrow. They enter the asset hash: no credentials, no absolute paths. */
  readonly barrowArgs?: string[];
  /** The barrow program. */
  readonly binary?: string;
  /** Let CDK try Docker when barrow fails, instead of failing the synthesis. */
  readonly fallbackToDocker?: boolean;
}

/**
 * CDK's `local` bundling hook: runs barrow, synchronously, and is true only when barrow exits 0.
 *
 * CDK takes the JSON of this object for the identity of the bundle, so `toJSON` names everything that changes the
 * content and nothing that does not: no path of this machine, no environment, no credential.
 */
export class BarrowBundling implements ILocalBundling {
  readonly #props: BarrowBundlingProps;

  public constructor(props: BarrowBundlingProps) {
    if (props.archive && (props.outputPathSuffix || props.commandHooks)) {
      throw new Error('barrow: `archive` gives one finished zip, so it excludes `outputPathSuffix` and `commandHooks`');
    }
    if (props.outputPathSuffix && escapes(props.outputPathSuffix)) {
      throw new Error(`barrow: outputPathSuffix \`${props.outputPathSuffix}\` leads outside the asset`);
    }
    this.#props = props;
  }

  /** What changes the content of the bundle, for CDK's cache key and hashes. */
  public toJSON(): object {
    const { runtime, architecture, excludes, outputPathSuffix, archive, barrowArgs, commandHooks } = this.#props;
    return {
      barrow: 1,
      runtime: runtimeName(runtime),
      architecture: architectureName(architecture),
      excludes: excludes ?? [],
      outputPathSuffix: outputPathSuffix ?? '',
      archive: archive ?? false,
      barrowArgs: barrowArgs ?? [],
      hooks: commandHooks ? hookCommands(commandHooks, '/asset-input', '/asset-output') : [],
    };
  }

  /** Bundles into `outputDir`. True: done. It throws with barrow's own message otherwise, unless Docker may try. */
  public tryBundle(outputDir: string, _options: CoreBundlingOptions): boolean {
    const { entry, outputPathSuffix = '', archive, commandHooks, fallbackToDocker } = this.#props;
    const target = path.join(outputDir, archive ? 'bundle.zip' : outputPathSuffix);
    try {
      const hooks = (when: 'beforeBundling' | 'afterBundling') =>
        runHooks(commandHooks?.[when](path.resolve(entry), target) ?? [], entry, this.#environment());
      hooks('beforeBundling');
      if (outputPathSuffix) {
        mkdirSync(target, { recursive: true });
      }
      this.#run(['bundle', entry, '--output', target, ...this.#arguments()]);
      hooks('afterBundling');
      return true;
    } catch (error) {
      if (!fallbackToDocker) {
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
    const output = execFileSync(this.#binary(), ['fingerprint', this.#props.entry, ...this.#arguments()], {
      encoding: 'utf8',
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return createHash('sha256').update(output.trim()).update(JSON.stringify(this)).digest('hex');
  }

  #run(args: string[]): void {
    // Standard output belongs to `cdk synth`, which prints the template there.
    const result = spawnSync(this.#binary(), args, {
      env: this.#environment(),
      stdio: ['ignore', process.stderr, 'pipe'],
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    process.stderr.write(result.stderr ?? '');
    if (result.error) {
      throw new Error(`barrow could not be run: ${result.error.message}`);
    }
    if (result.status !== 0) {
      const end = result.signal ? `signal ${result.signal}` : `exit status ${result.status}`;
      throw new Error(`barrow failed (${end}):\n${result.stderr.trim()}`);
    }
  }

  #arguments(): string[] {
    const { runtime, architecture, excludes = [], barrowArgs = [] } = this.#props;
    return [
      '--runtime',
      runtimeName(runtime),
      '--arch',
      architectureName(architecture),
      ...excludes.flatMap((pattern) => ['--exclude', pattern]),
      ...barrowArgs,
    ];
  }

  #binary(): string {
    return findBinary(this.#props.binary);
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.#props.environment };
  }
}

/** The asset of an entry, bundled by barrow unless its stack is not selected. */
export function bundledCode(
  options: BundlingOptions & { entry: string; runtime: Runtime; architecture?: Architecture; skip: boolean },
): AssetCode {
  refuseContainerOptions(options);
  if (options.skip) {
    return Code.fromAsset(options.entry, {
      assetHash: options.assetHash,
      assetHashType: options.assetHashType,
      exclude: options.assetExcludes,
    });
  }
  const local = new BarrowBundling({
    entry: options.entry,
    runtime: options.runtime,
    architecture: options.architecture,
    excludes: options.assetExcludes,
    outputPathSuffix: options.outputPathSuffix,
    commandHooks: options.commandHooks,
    environment: options.environment,
    archive: options.archive,
    barrowArgs: options.barrowArgs,
    binary: options.binary,
  });
  const ownHash = options.assetHash === undefined && options.assetHashType === undefined;
  return Code.fromAsset(options.entry, {
    assetHash: ownHash ? local.fingerprint() : options.assetHash,
    assetHashType: ownHash ? AssetHashType.CUSTOM : options.assetHashType,
    exclude: options.assetExcludes,
    bundling: {
      // A mere name: CDK demands one, and nothing is pulled while the hook succeeds.
      image: options.runtime.bundlingImage,
      local,
      outputType: options.archive ? BundlingOutput.ARCHIVED : BundlingOutput.NOT_ARCHIVED,
    },
  });
}

const CONTAINER_OPTIONS: { [name: string]: string } = {
  image: 'there is no container: barrow bundles on the host',
  buildArgs: 'there is no image to build; give index URLs by `barrowArgs`, barrow.toml, pip.conf or the environment',
  command: 'there is no container to run it in; use `commandHooks`',
  entrypoint: 'there is no container to start; use `commandHooks`',
  volumes: 'there is no container to mount them in; barrow reads netrc, pip.conf and files of the host as they are',
  volumesFrom: 'there is no container to mount them in',
  workingDirectory: 'there is no container; command hooks run in the folder of `entry`',
};

function refuseContainerOptions(options: BundlingOptions): void {
  for (const [name, reason] of Object.entries(CONTAINER_OPTIONS)) {
    if (options[name as keyof BundlingOptions] !== undefined) {
      throw new Error(`barrow: bundling option \`${name}\` cannot be honoured: ${reason}`);
    }
  }
}

function runtimeName(runtime: Runtime | string): string {
  return typeof runtime === 'string' ? runtime : runtime.name;
}

function architectureName(architecture: Architecture = Architecture.X86_64): string {
  return architecture.name;
}

function hookCommands(hooks: ICommandHooks, inputDir: string, outputDir: string): string[][] {
  return [hooks.beforeBundling(inputDir, outputDir), hooks.afterBundling(inputDir, outputDir)];
}

function runHooks(commands: string[], entry: string, env: NodeJS.ProcessEnv): void {
  const chained = commands.filter((command) => command !== '').join(' && ');
  if (chained === '') {
    return;
  }
  const result = spawnSync(chained, { shell: true, cwd: entry, env, stdio: ['ignore', process.stderr, 'inherit'] });
  if (result.status !== 0) {
    throw new Error(`command hook failed (exit status ${result.status}): ${chained}`);
  }
}

function escapes(suffix: string): boolean {
  const normal = path.posix.normalize(suffix);
  return path.posix.isAbsolute(normal) || normal === '..' || normal.startsWith('../');
}
