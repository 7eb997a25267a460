import { type Architecture, type AssetCode, Code, type Runtime } from 'aws-cdk-lib/aws-lambda';
import { AssetHashType, type AssetOptions, BundlingOutput } from 'aws-cdk-lib/core';
import { BarrowBundling } from './bundling';
import { barrowExcludes } from './excludes';
import type { BundlingOptions } from './types';

/** An asset, and the hook that bundles it. */
export interface BundledCode {
  readonly code: AssetCode;
  readonly local: BarrowBundling;
}

/**
 * The asset of an entry, bundled by barrow. Of a stack that is not selected it is the entry as it is.
 *
 * `check` is for whoever takes the code: an asset that is there already is not bundled, and is to be checked all the same.
 */
export function bundledCode(
  options: BundlingOptions & { entry: string; runtime: Runtime; architecture?: Architecture; skip: boolean },
): BundledCode {
  refuseContainerOptions(options);
  const { assetExcludes, archive, runtime } = options;
  const local = new BarrowBundling({ ...options, check: false, excludes: barrowExcludes(assetExcludes ?? []) });
  const code = Code.fromAsset(options.entry, {
    ...hashOptions(options, local),
    // What the Docker-based module, too, keeps out of a hash of the source.
    exclude: ['*.pyc'],
    bundling: {
      // A mere name: CDK demands one, and nothing is pulled while the hook succeeds.
      image: runtime.bundlingImage,
      local,
      outputType: archive ? BundlingOutput.ARCHIVED : BundlingOutput.NOT_ARCHIVED,
    },
  });
  return { code, local };
}

function hashOptions({ assetHash, assetHashType, skip }: BundlingOptions & { skip: boolean }, local: BarrowBundling): AssetOptions {
  if (assetHash !== undefined || assetHashType !== undefined) {
    return { assetHash, assetHashType };
  }
  // What is not bundled has no output: CDK then takes the construct's own name, and reads no file.
  return skip
    ? { assetHashType: AssetHashType.OUTPUT }
    : { assetHashType: AssetHashType.CUSTOM, assetHash: local.fingerprint() };
}

const CONTAINER_OPTIONS: { [name: string]: string } = {
  image: 'there is no container: barrow bundles on the host',
  buildArgs: 'there is no image to build; `indexUrl`, `extraIndexUrls`, `environment` or pip.conf name indexes',
  command: 'there is no container to run it in; use `commandHooks`',
  entrypoint: 'there is no container to start; use `commandHooks`',
  volumes: 'there is no container to mount them in; barrow reads netrc, pip.conf and files of the host as they are',
  volumesFrom: 'there is no container to mount them in',
  workingDirectory: 'there is no container; command hooks start in copies of the source and the output',
};

function refuseContainerOptions(options: BundlingOptions): void {
  for (const [name, reason] of Object.entries(CONTAINER_OPTIONS)) {
    if (!isNothing(options[name as keyof BundlingOptions])) {
      throw new Error(`barrow: bundling option \`${name}\` cannot be honoured: ${reason}`);
    }
  }
}

/** Nothing, or an empty list or table: asking for nothing needs no container. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
