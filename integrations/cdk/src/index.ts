/**
 * Python Lambda functions and layers for the AWS CDK, bundled on the host by barrow: no Docker, no Python.
 *
 * `PythonFunction` and `PythonLayerVersion` take the props of `@aws-cdk/aws-lambda-python-alpha`.
 */
export { BarrowBundling, type BarrowBundlingProps } from './bundling';
export { findBinary } from './binary';
export { PythonFunction } from './function';
export { PythonLayerVersion } from './layer';
export type { BarrowOptions, BundlingOptions, ICommandHooks, PythonFunctionProps, PythonLayerVersionProps } from './types';
