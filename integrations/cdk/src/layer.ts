import * as path from 'node:path';
import { Architecture, LayerVersion, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { LAYER_FOLDER } from './bundling';
import { stagedAsset } from './check';
import { bundledCode } from './code';
import { injected } from './injection';
import type { PythonLayerVersionProps } from './types';

/** A Lambda layer of Python packages that barrow bundles on the host, for the first compatible runtime and architecture. */
export class PythonLayerVersion extends LayerVersion {
  /** The name under which property injectors know this construct. */
  public static override readonly PROPERTY_INJECTION_ID: string = 'barrow-cdk.PythonLayerVersion';

  public constructor(scope: Construct, id: string, given: PythonLayerVersionProps) {
    const props = injected(scope, id, given, PythonLayerVersion.PROPERTY_INJECTION_ID);
    const { entry, bundling, ...layerProps } = props;
    const compatibleRuntimes = props.compatibleRuntimes ?? [new Runtime('python3.13', RuntimeFamily.PYTHON)];
    const [architecture = Architecture.X86_64] = props.compatibleArchitectures ?? [];
    const other = compatibleRuntimes.find((runtime) => runtime.family !== RuntimeFamily.PYTHON);
    if (other || compatibleRuntimes.length === 0) {
      throw new Error(`barrow: compatible runtimes must be of the Python family, not ${other?.name ?? 'none'}`);
    }
    const { code, local } = bundledCode({
      architecture,
      outputPathSuffix: LAYER_FOLDER,
      ...bundling,
      entry: path.resolve(entry),
      runtime: compatibleRuntimes[0],
      skip: !Stack.of(scope).bundlingRequired,
    });
    super(scope, id, { ...layerProps, compatibleRuntimes, code });
    const asset = stagedAsset(this);
    if (bundling?.check && asset !== undefined) {
      local.check(asset);
    }
  }
}
