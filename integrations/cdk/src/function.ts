import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { Function, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { stagedAsset } from './check';
import { bundledCode } from './code';
import { injected } from './injection';
import type { PythonFunctionProps } from './types';

/** A Python Lambda function whose dependencies barrow bundles on the host. */
export class PythonFunction extends Function {
  /** The name under which property injectors know this construct. */
  public static override readonly PROPERTY_INJECTION_ID: string = 'barrow-cdk.PythonFunction';

  public constructor(scope: Construct, id: string, given: PythonFunctionProps) {
    const props = injected(scope, id, given, PythonFunction.PROPERTY_INJECTION_ID);
    const { index = 'index.py', handler = 'handler', entry, runtime, bundling, ...functionProps } = props;
    if (!index.endsWith('.py')) {
      throw new Error(`barrow: index \`${index}\` is not a Python file`);
    }
    const folder = path.resolve(entry);
    if (!existsSync(path.join(folder, index))) {
      throw new Error(`barrow: there is no index file at ${path.join(folder, index)}`);
    }
    if (runtime.family !== RuntimeFamily.PYTHON) {
      throw new Error(`barrow: runtime ${runtime.name} is not one of the Python family`);
    }
    const { code, local } = bundledCode({
      architecture: props.architecture,
      ...bundling,
      entry: folder,
      runtime,
      skip: !Stack.of(scope).bundlingRequired,
    });
    const called = `${index.slice(0, -'.py'.length).replace(/\//g, '.')}.${handler}`;
    super(scope, id, { ...functionProps, runtime, handler: called, code });
    const asset = stagedAsset(this);
    if (bundling?.check && asset !== undefined) {
      local.check(asset, { handler: called, layers: props.layers });
    }
  }
}
