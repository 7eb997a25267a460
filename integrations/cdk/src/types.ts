import type { AssetHashType, BundlingFileAccess, DockerImage, DockerRunOptions } from 'aws-cdk-lib/core';
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

/** What barrow can do beyond the Docker-based module. */
export interface BarrowOptions {
  /**
   * The files with the requirements, relative to `entry`; an empty list installs nothing. Default: the first that `entry`
   * has of Pipfile.lock, poetry.lock, requirements.txt, uv.lock, pylock.toml, pdm.lock, and a pyproject.toml with dependencies.
   */
  readonly requirements?: string[];
  /** Packages that may be built from source where no wheel will do, which runs their code; `:all:` for every one. */
  readonly allowBuild?: string[];
  /** The default index, asked after all others: a URL without credentials, or a folder. */
  readonly indexUrl?: string;
  /** Further indexes: URLs without credentials, or folders. */
  readonly extraIndexUrls?: string[];
  /** Extras of pyproject.toml to install. */
  readonly extras?: string[];
  /** Dependency groups of pyproject.toml to install. */
  readonly groups?: string[];
  /** Leave out what the Lambda runtime already has: boto3 and what it needs. */
  readonly excludeRuntime?: boolean;
  /**
   * Leave out what no program needs of dependencies: tests, stubs, headers and the like. A list such as `['botocore=s3,sqs']`
   * leaves out the API data of all other services of AWS as well.
   */
  readonly slim?: boolean | string[];
  /**
   * A page (HTML) about what is in the bundle, how large it is and why it is there; relative to the folder that the app runs in.
   * It is written when the asset is made, and stays as it is while nothing changes. Each function needs a file of its own.
   */
  readonly report?: string;
  /** Check that the bundle will load on Lambda, and fail the synthesis where it would not (`barrow explain CODE`). */
  readonly check?: boolean;
  /** One spliced zip instead of a folder: nothing has to be zipped at deployment. */
  readonly archive?: boolean;
  /** Further arguments for barrow. They enter the asset hash: no credentials, no absolute paths. Relative ones start at `entry`. */
  readonly barrowArgs?: string[];
  /** The barrow program; default: `BARROW_BIN`, the platform's npm package, `PATH`. */
  readonly binary?: string;
}

/**
 * How to bundle. The names are those of `@aws-cdk/aws-lambda-python-alpha`.
 *
 * Options that shape a container's work (`image`, `buildArgs`, `command`, `entrypoint`, `volumes`, `volumesFrom`,
 * `workingDirectory`) are refused with the reason unless they are empty, because without a container they would silently do nothing.
 * `network`, `user`, `securityOpt`, `platform` and `bundlingFileAccess` cannot change the result and are ignored.
 */
export interface BundlingOptions extends DockerRunOptions, BarrowOptions {
  /** Patterns of source files to leave out, read as `rsync --exclude` reads them. */
  readonly assetExcludes?: string[];
  /** The folder inside the asset that everything goes to: `python` for a layer, otherwise none. */
  readonly outputPathSuffix?: string;
  /** How the asset hash is made; default: from `barrow fingerprint`, over everything that shapes the bundle. */
  readonly assetHashType?: AssetHashType;
  /** A hash of your own instead. */
  readonly assetHash?: string;
  /** Commands to run on the host around the bundling. */
  readonly commandHooks?: ICommandHooks;
  /**
   * Environment variables for barrow and the command hooks. They do not enter a hash, so they may hold credentials; of what barrow
   * reads in them, such as `PIP_INDEX_URL`, the hash knows the setting without credentials.
   */
  readonly environment?: { [key: string]: string };
  /** Accepted and without effect: barrow verifies the hashes that a lock file has in any case. */
  readonly poetryIncludeHashes?: boolean;
  /** Accepted and without effect: barrow reads lock files itself. */
  readonly poetryWithoutUrls?: boolean;
  /** Refused: there is no container. */
  readonly image?: DockerImage;
  /** Refused unless empty: there is no image to build. `indexUrl` and `extraIndexUrls` take its place. */
  readonly buildArgs?: { [key: string]: string };
  /** Accepted and without effect: files are written in place. */
  readonly bundlingFileAccess?: BundlingFileAccess;
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
