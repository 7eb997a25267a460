import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { PythonFunction, PythonLayerVersion } from 'barrow-cdk';

const app = new App();
const stack = new Stack(app, 'BarrowExample');

const layer = new PythonLayerVersion(stack, 'Layer', {
  entry: path.join(__dirname, '../layer'),
  compatibleRuntimes: [Runtime.PYTHON_3_13],
  compatibleArchitectures: [Architecture.ARM_64],
});

new PythonFunction(stack, 'Function', {
  entry: path.join(__dirname, '../function'),
  runtime: Runtime.PYTHON_3_13,
  architecture: Architecture.ARM_64,
  layers: [layer],
});

new PythonFunction(stack, 'Archive', {
  entry: path.join(__dirname, '../function'),
  runtime: Runtime.PYTHON_3_12,
  bundling: { archive: true },
});
