// Stacks in the shapes that people publish, as they are for `@aws-cdk/aws-lambda-python-alpha`: with the module exchanged and nothing
// else, each asset is what the module's own command line makes of the same source, hashes are stable, and no source is touched.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { test } from 'node:test';
import { alpha, assetsOf, barrow, cdk, useStandIn } from './alpha.mjs';
import { PYTHON_3_12, PYTHON_3_13, below, fixtures, lambda, temporaryFolder, useFixtures, write } from './support.mjs';

const require = createRequire(import.meta.url);
const { Template } = require('aws-cdk-lib/assertions');

const { ARM_64, X86_64 } = lambda.Architecture;
const HANDLER = 'import barrow_greeting\n\ndef handler(event, context):\n    return barrow_greeting\n';
const FUNCTION = { 'index.py': HANDLER, 'requirements.txt': 'barrow-greeting\n' };

const hooks = (before, after = () => []) => ({ beforeBundling: before, afterBundling: after });

/**
 * `files` lie in a folder of their own; `define(scope, python, at)` makes constructs of the module `python`, `at(…)` being
 * paths in the folder. `target` is what pip is told, where it is not x86_64 and 3.13.
 */
const STACKS = {
  'one function': {
    files: below('lambda', FUNCTION),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', { entry: at('lambda'), runtime: PYTHON_3_13 }),
  },
  'projen app: functions beside the stack, shared props, exclude lists': {
    files: { ...below('src/lambdas/api', { ...FUNCTION, 'api.py': HANDLER, 'tests/test_api.py': '', 'README.md': '' }), 'src/main.ts': '' },
    define: (stack, python, at) => new python.PythonFunction(stack, 'Api', {
      entry: at('src/lambdas/api'), runtime: PYTHON_3_13, index: 'api.py', handler: 'handler', memorySize: 512,
      timeout: cdk.Duration.seconds(30), environment: { TABLE: 'x' }, bundling: { assetExcludes: ['tests', '*.md', '.venv'] },
    }),
  },
  'monorepo: the function in another package': {
    files: { ...below('packages/service/src', FUNCTION), 'packages/infra/package.json': '{}', 'package.json': '{"workspaces":["packages/*"]}' },
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('packages/infra/../service/src'), runtime: PYTHON_3_13,
    }),
  },
  'pnpm workspace: folders that are links': {
    files: { ...below('store/service', FUNCTION), 'pnpm-workspace.yaml': 'packages: ["apps/*"]\n', 'apps/.keep': '' },
    links: { 'apps/service': '../store/service' },
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', { entry: at('apps/service'), runtime: PYTHON_3_13 }),
  },
  'yarn workspace: a handler in a folder below the entry': {
    files: below('services/orders', { 'requirements.txt': 'barrow-greeting\n', 'app/handlers/create.py': HANDLER, 'app/__init__.py': '' }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'Create', {
      entry: at('services/orders'), runtime: PYTHON_3_13, index: 'app/handlers/create.py', handler: 'handler',
    }),
  },
  'stages of a pipeline share an asset': {
    files: below('lambda', FUNCTION),
    define: (stack, python, at) => ['Beta', 'Prod'].forEach((name) => {
      const stage = new cdk.Stage(stack.node.root, name);
      new python.PythonFunction(new cdk.Stack(stage, 'Stack'), 'F', { entry: at('lambda'), runtime: PYTHON_3_13 });
    }),
  },
  'a pipeline with waves of stages, which share an asset': {
    files: below('lambda', FUNCTION),
    define: (stack, python, at) => {
      const { CodePipeline, CodePipelineSource, ShellStep } = require('aws-cdk-lib/pipelines');
      const env = { region: 'eu-central-1', account: '123456789012' };
      const own = new cdk.Stack(stack.node.root, 'Pipelines', { env });
      const repository = cdk.aws_codecommit.Repository.fromRepositoryName(own, 'Repository', 'app');
      const input = CodePipelineSource.codeCommit(repository, 'main');
      const pipeline = new CodePipeline(own, 'Pipeline', { synth: new ShellStep('Synth', { input, commands: ['npx cdk synth'] }) });
      const wave = pipeline.addWave('Regions');
      for (const region of ['eu-central-1', 'us-east-1']) {
        const stage = new cdk.Stage(own, region, { env: { ...env, region } });
        new python.PythonFunction(new cdk.Stack(stage, 'Api'), 'F', { entry: at('lambda'), runtime: PYTHON_3_13 });
        wave.addStage(stage);
      }
    },
  },
  'nested stacks and many functions of one folder, with an index each': {
    files: below('lambda', { 'a.py': HANDLER, 'b.py': HANDLER, 'c/d.py': HANDLER, 'requirements.txt': 'barrow-greeting\n' }),
    define: (stack, python, at) => ['a.py', 'b.py', 'c/d.py'].forEach((index, number) => {
      const nested = new cdk.NestedStack(stack, `Nested${number}`);
      new python.PythonFunction(nested, 'F', { entry: at('lambda'), runtime: PYTHON_3_13, index });
    }),
  },
  'two architectures of one source': {
    files: below('lambda', { ...FUNCTION, 'requirements.txt': 'barrow-hello\n' }),
    target: 'manylinux_2_28_aarch64 3.13',
    define: (stack, python, at) => new python.PythonFunction(stack, 'Arm', { entry: at('lambda'), runtime: PYTHON_3_13, architecture: ARM_64 }),
  },
  'the architecture and runtime before': {
    files: below('lambda', { ...FUNCTION, 'requirements.txt': 'barrow-hello\n' }),
    target: 'manylinux_2_28_x86_64 3.12',
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', { entry: at('lambda'), runtime: PYTHON_3_12, architecture: X86_64 }),
  },
  'a layer of dependencies and a function that uses it': {
    files: { ...below('layer', { 'requirements.txt': 'barrow-greeting\n' }), ...below('lambda', { 'index.py': HANDLER }) },
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('lambda'), runtime: PYTHON_3_13,
      layers: [new python.PythonLayerVersion(stack, 'L', { entry: at('layer'), compatibleRuntimes: [PYTHON_3_13] })],
    }),
  },
  'a layer of own packages': {
    files: below('shared', { 'common/__init__.py': '', 'common/db.py': 'X = 1\n', 'common/README.md': '', 'requirements.txt': 'barrow-greeting\n' }),
    define: (stack, python, at) => new python.PythonLayerVersion(stack, 'L', {
      entry: at('shared'), compatibleRuntimes: [PYTHON_3_13, PYTHON_3_12], compatibleArchitectures: [X86_64, ARM_64],
      bundling: { assetExcludes: ['*.md'], outputPathSuffix: '/python' },
    }),
  },
  'no dependencies at all': {
    files: below('lambda', { 'index.py': 'def handler(event, context):\n    pass\n', 'pyproject.toml': '[tool.ruff]\nline-length = 100\n' }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', { entry: at('lambda'), runtime: PYTHON_3_13 }),
  },
  'requirements in several files, with pins, hashes and comments': {
    files: below('lambda', {
      'index.py': HANDLER, 'requirements.txt': '# made by hand\n-r requirements/base.txt\n-c constraints.txt\n',
      'requirements/base.txt': 'barrow-greeting>=0.1 ; python_version > "3.8"\n', 'constraints.txt': 'barrow-hello<99\n',
    }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', { entry: at('lambda'), runtime: PYTHON_3_13 }),
  },
  'hooks that delete from the output': {
    files: below('lambda', { ...FUNCTION, 'tests/test_index.py': 'def test():\n    pass\n', 'docs/a.md': '' }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('lambda'), runtime: PYTHON_3_13,
      bundling: { commandHooks: hooks(() => [], (_, out) => ['rm -rf tests', `find ${out} -name '*.md' -delete`, `rm -rf ${out}/docs`]) },
    }),
  },
  'hooks that copy from the input and generate': {
    files: below('lambda', { ...FUNCTION, 'templates/mail.txt': 'hello\n', 'version.txt': '1.2.3\n' }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('lambda'), runtime: PYTHON_3_13,
      bundling: {
        assetExcludes: ['templates', 'version.txt'],
        commandHooks: hooks(
          (input) => ['export VERSION=$(cat version.txt)', `echo "VERSION = '$VERSION'" > ${input}/generated.py`],
          (input, out) => [`mkdir -p ${out}/assets && cp -r ${input}/templates ${out}/assets/`, 'echo "$VERSION" > stamp.txt', 'cd assets', 'ls > ../list.txt'],
        ),
      },
    }),
  },
  'hooks that install': {
    files: below('lambda', { ...FUNCTION, 'requirements-extra.txt': 'barrow-greeting\n' }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('lambda'), runtime: PYTHON_3_13,
      bundling: { commandHooks: hooks(() => ['sort -u requirements.txt requirements-extra.txt > all.txt', 'mv all.txt requirements.txt']) },
    }),
  },
  'hooks that install a package of a folder beside, for every Python': {
    files: below('lambda', { ...FUNCTION, 'vendored/own.py': 'X = 1\n' }),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('lambda'), runtime: PYTHON_3_13,
      bundling: {
        assetExcludes: ['vendored', '!keep'],
        commandHooks: hooks(() => [], (input, out) => [
          `cp -r ${input}/vendored/. ${out}`, `chmod 755 ${out}/own.py`, `test -f ${out}/index.py || exit 1`, `touch ${out}/installed`,
        ]),
      },
    }),
  },
  'hooks of a layer, with the folders of the container by name': {
    files: below('layer', { 'requirements.txt': 'barrow-greeting\n', 'bin/tool': '#!/bin/sh\n' }),
    define: (stack, python, at) => new python.PythonLayerVersion(stack, 'L', {
      entry: at('layer'), compatibleRuntimes: [PYTHON_3_13],
      bundling: {
        assetExcludes: ['bin'],
        commandHooks: hooks(() => [], () => ['mkdir -p /asset-output/bin', 'cp /asset-input/bin/tool /asset-output/bin/', 'rm -f /asset-output/python/requirements.txt']),
      },
    }),
  },
  'options of a container that ask for nothing': {
    files: below('lambda', FUNCTION),
    define: (stack, python, at) => new python.PythonFunction(stack, 'F', {
      entry: at('lambda'), runtime: PYTHON_3_13,
      bundling: { buildArgs: {}, volumes: [], environment: { STAGE: 'x' }, network: 'host', outputPathSuffix: '.', poetryIncludeHashes: true },
    }),
  },
  'snapshots of a template': {
    files: below('lambda', FUNCTION),
    define: (stack, python, at) => {
      const construct = new python.PythonFunction(stack, 'F', { entry: at('lambda'), runtime: PYTHON_3_13, description: 'snapshot' });
      construct.addAlias('live');
      Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Description: 'snapshot', Handler: 'index.handler' });
    },
  },
};

function sourceOf(folder) {
  return fs.readdirSync(folder, { recursive: true }).sort().map((name) => {
    const stat = fs.statSync(path.join(folder, name));
    return `${name} ${stat.mode} ${stat.isFile() ? stat.mtimeMs + fs.readFileSync(path.join(folder, name), 'base64') : ''}`;
  });
}

assert.ok(Object.keys(STACKS).length >= 15);
for (const [name, stack] of Object.entries(STACKS)) {
  test(`corpus: ${name}`, (t) => {
    useFixtures(t);
    const folder = path.join(temporaryFolder(t), 'app');
    write(folder, stack.files);
    Object.entries(stack.links ?? {}).forEach(([link, target]) => fs.symlinkSync(target, path.join(folder, link)));
    const source = sourceOf(folder);
    const out = temporaryFolder(t);
    const ours = assetsOf(folder, stack.define, barrow, path.join(out, 'first'));
    const hashes = (assets) => assets.map(({ name, content }) => ({ name, content }));
    assert.deepEqual(hashes(assetsOf(folder, stack.define, barrow, path.join(out, 'second'))), hashes(ours), 'hashes are stable');
    assert.deepEqual(sourceOf(folder), source, 'the source is as it was');

    useStandIn(stack.target ?? 'manylinux_2_28_x86_64 3.13');
    process.env.PIP_INDEX_URL = `file://${fixtures}/`;
    const theirs = assetsOf(folder, stack.define, alpha, path.join(out, 'alpha'));
    const contents = (assets) => assets.map((asset) => asset.content).sort();
    assert.deepEqual(contents(ours), contents(theirs));
  });
}
