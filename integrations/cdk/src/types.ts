import type { AssetHashType, DockerRunOptions, DockerImage, BundlingFileAccess } from 'aws-cdk-lib/core';
import type { Architecture, FunctionOptions, LayerVersionOptions, Runtime } from 'aws-cdk-lib/aws-lambda';

/**
 * Commands to run on the host around the bundling, as one `bash -c` joined by `&&`.
 *
 * Both hooks get `/asset-input` and `/asset-output`. In their commands these stand for private folders of the run: nothing
 * that a command does there reaches the source.
 */
export interface ICommandHooks {
  /** Commands to run before bundling, in a copy of the entry. */
  beforeBundling(inputDir: string, outputDir: string): string[];
  /** Commands to run after bundling, in the output. */
  afterBundling(inputDir: string, outputDir: string): string[];
}

/**
 * How to bundle. The names are those of `@aws-cdk/aws-lambda-python-alpha`.
 *
 * Options that shape a container's work (`image`, `buildArgs`, `command`, `entrypoint`, `volumes`, `volumesFrom`,
 * `workingDirectory`) are refused with the reason, because without a container they would silently do nothing.
 * `network`, `user`, `securityOpt`, `platform` and `bundlingFileAccess` cannot change the result and are ignored.
 */
export interface BundlingOptions extends DockerRunOptions {
  /** Patterns of source files to leave out. */
  readonly assetExcludes?: string[];
  /** The folder inside the asset that everything goes to: `python` for a layer, otherwise none. */
  readonly outputPathSuffix?: string;
  /** How the asset hash is made; default: from `barrow fingerprint`, over everything that shapes the bundle. */
  readonly assetHashType?: AssetHashType;
  /** A hash of your own instead. */
  readonly assetHash?: string;
  /** Commands to run on the host around the bundling. */
  readonly commandHooks?: ICommandHooks;
  /** Environment variables for barrow and the command hooks. They never enter a hash, so they may hold credentials. */
  readonly environment?: { [key: string]: string };
  /** Accepted and without effect: barrow verifies the hashes that a lock file has in any case. */
  readonly poetryIncludeHashes?: boolean;
  /** Accepted and without effect: barrow reads lock files itself. */
  readonly poetryWithoutUrls?: boolean;
  /** Refused: there is no container. */
  readonly image?: DockerImage;
  /** Refused: there is no image to build. Index URLs belong in barrow's own settings. */
  readonly buildArgs?: { [key: string]: string };
  /** Accepted and without effect: files are written in place. */
  readonly bundlingFileAccess?: BundlingFileAccess;

  /** The barrow program; default: `BARROW_BIN`, the platform's npm package, `PATH`. */
  readonly binary?: string;
  /** Further arguments for barrow, such as `--index-url`. They enter the asset hash: no credentials, no absolute paths. */
  readonly barrowArgs?: string[];
  /** One spliced zip instead of a folder: nothing has to be zipped at deployment. */
  readonly archive?: boolean;
  /** The architecture, when it differs from the function's. */
  readonly architecture?: Architecture;
}

/** Properties of a Python function. */
export interface PythonFunctionProps extends FunctionOptions {
  /** The folder with the function's source and its requirements. */
  readonly entry: string;
  /** The runtime: one of the Python family. */
  readonly runtime: Runtime;
  /** The file with the handler, relative to `entry`; default: `index.py`. */
  readonly index?: string;
  /** The name of the handler in `index`; default: `handler`. */
  readonly handler?: string;
  /** How to bundle. */
  readonly bundling?: BundlingOptions;
}

/** Properties of a Python layer. */
export interface PythonLayerVersionProps extends LayerVersionOptions {
  /** The folder with the layer's source and its requirements. */
  readonly entry: string;
  /** The runtimes that can use the layer; it is bundled for the first. */
  readonly compatibleRuntimes?: Runtime[];
  /** The architectures that can use the layer; it is bundled for the first. Default: x86_64. */
  readonly compatibleArchitectures?: Architecture[];
  /** How to bundle. */
  readonly bundling?: BundlingOptions;
}
