// A stack written for the Docker-based module compiles and synthesises after its import alone has changed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { functionFolder, temporaryFolder, useFixtures } from './support.mjs';

const packageFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const stack = `
import { App, AssetHashType, Duration, Stack } from 'aws-cdk-lib';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { PythonFunction, PythonLayerVersion, type BundlingOptions, type PythonFunctionProps } from '@aws-cdk/aws-lambda-python-alpha';

const app = new App({ outdir: process.argv[3] });
const stack = new Stack(app, 'Migrated');
const entry = process.argv[2];
const bundling: BundlingOptions = {
  assetExcludes: ['.venv', '*.md'],
  commandHooks: {
    beforeBundling: (_inputDir: string, _outputDir: string): string[] => ['true'],
    afterBundling: (_inputDir: string, _outputDir: string): string[] => [],
  },
  poetryIncludeHashes: true,
};
const layer = new PythonLayerVersion(stack, 'Layer', {
  entry, compatibleRuntimes: [Runtime.PYTHON_3_13], compatibleArchitectures: [Architecture.ARM_64], description: 'shared',
});
const props: PythonFunctionProps = {
  entry, runtime: Runtime.PYTHON_3_13, index: 'index.py', handler: 'handler', architecture: Architecture.ARM_64,
  memorySize: 512, timeout: Duration.seconds(30), tracing: Tracing.ACTIVE, environment: { STAGE: 'test' },
  layers: [layer], bundling,
};
new PythonFunction(stack, 'Function', props);
new PythonFunction(stack, 'Hashed', { ...props, bundling: { ...bundling, assetHashType: AssetHashType.OUTPUT } });
app.synth();
`;

test('only the import changes', (t) => {
  useFixtures(t);
  const folder = temporaryFolder(t);
  const entry = functionFolder(folder);
  fs.symlinkSync(path.join(packageFolder, 'node_modules'), path.join(folder, 'node_modules'));
  const options = { target: 'ES2022', module: 'CommonJS', moduleResolution: 'Node', strict: true, skipLibCheck: true, types: ['node'] };
  fs.writeFileSync(path.join(folder, 'before.ts'), stack);
  fs.writeFileSync(path.join(folder, 'after.ts'), stack.replace('@aws-cdk/aws-lambda-python-alpha', packageFolder));
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['before.ts', 'after.ts'] }));
  execFileSync(path.join(packageFolder, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' });
  const outdir = path.join(folder, 'cdk.out');
  execFileSync('node', [path.join(folder, 'after.js'), entry, outdir], { stdio: ['ignore', 'inherit', 'ignore'] });
  const { Resources: resources } = JSON.parse(fs.readFileSync(path.join(outdir, 'Migrated.template.json'), 'utf8'));
  const functions = Object.values(resources).filter((resource) => resource.Type === 'AWS::Lambda::Function');
  assert.equal(functions.length, 2);
  assert.equal(functions[0].Properties.Handler, 'index.handler');
  assert.deepEqual(functions[0].Properties.Architectures, ['arm64']);
});

test('the table of the README names every prop of the Docker-based module', () => {
  const readme = fs.readFileSync(path.join(packageFolder, 'README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('## From'), readme.indexOf('### Which file counts'));
  const declared = (file) => [...fs.readFileSync(path.join(packageFolder, 'node_modules', file), 'utf8').matchAll(/^\s+readonly (\w+)\??:/gm)];
  const core = fs.readFileSync(path.join(packageFolder, 'node_modules/aws-cdk-lib/core/lib/bundling.d.ts'), 'utf8');
  const runOptions = /export interface DockerRunOptions \{[^]*?\n\}/.exec(core)[0];
  const names = new Set([
    ...['types', 'function', 'layer'].flatMap((name) => declared(`@aws-cdk/aws-lambda-python-alpha/lib/${name}.d.ts`)),
    ...runOptions.matchAll(/^\s+readonly (\w+)\??:/gm),
  ].map(([, name]) => name));
  assert.ok(names.size >= 20, [...names].join(' '));
  assert.deepEqual([...names].filter((name) => !new RegExp(`\`[^\`]*\\b${name}\\b[^\`]*\``).test(table)), []);
});
