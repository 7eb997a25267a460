import * as path from 'node:path';
import { Architecture, LayerVersion, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { bundledCode } from './code';
import type { PythonLayerVersionProps } from './types';

/** A Lambda layer of Python packages that barrow bundles on the host, for the first compatible runtime and architecture. */
export class PythonLayerVersion extends LayerVersion {
  public constructor(scope: Construct, id: string, props: PythonLayerVersionProps) {
    const { entry, bundling, ...layerProps } = props;
    const compatibleRuntimes = props.compatibleRuntimes ?? [Runtime.PYTHON_3_13];
    const [architecture = Architecture.X86_64] = props.compatibleArchitectures ?? [];
    const other = compatibleRuntimes.find((runtime) => runtime.family !== RuntimeFamily.PYTHON);
    if (other || compatibleRuntimes.length === 0) {
      throw new Error(`barrow: compatible runtimes must be of the Python family, not ${other?.name ?? 'none'}`);
    }
    super(scope, id, {
      ...layerProps,
      compatibleRuntimes,
      code: bundledCode({
        architecture,
        outputPathSuffix: 'python',
        ...bundling,
        entry: path.resolve(entry),
        runtime: compatibleRuntimes[0],
        skip: !Stack.of(scope).bundlingRequired,
      }),
    });
  }
}
