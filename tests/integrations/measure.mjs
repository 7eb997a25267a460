// Times synthesis with many functions, to see what bundling adds to CDK's own time:
//   BARROW_BIN=target/release/barrow UV=/path/to/uv node tests/integrations/measure.mjs 2>/dev/null
// Needs `npm ci && npm run build` in integrations/cdk, a network and uv. Each figure is the best of three, in
// milliseconds for each function; caches are warm. "again" is a synthesis into the same cdk.out with nothing changed.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const FUNCTIONS = 10;
const ROUNDS = 3;
const REQUIREMENTS = 'requests==2.32.4\npydantic==2.11.7\n';

const integration = fileURLToPath(new URL('../../integrations/cdk/', import.meta.url));
const require = createRequire(path.join(integration, 'package.json'));
const { App, AssetHashType, Stack } = require('aws-cdk-lib');
const lambda = require('aws-cdk-lib/aws-lambda');
const { AssetStaging } = require('aws-cdk-lib/core');
const { BarrowBundling, PythonFunction } = require(path.join(integration, 'lib/index.js'));

const runtime = lambda.Runtime.PYTHON_3_13;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'barrow-measure-'));
const entries = Array.from({ length: FUNCTIONS }, (_, number) => {
  const entry = path.join(work, `function${number}`);
  fs.mkdirSync(entry);
  fs.writeFileSync(path.join(entry, 'index.py'), `NUMBER = ${number}\n`);
  fs.writeFileSync(path.join(entry, 'requirements.txt'), REQUIREMENTS);
  return entry;
});

/** A hook as people write it with uv: install the requirements, copy the source beside them. */
function uvHook(entry) {
  return {
    tryBundle(outputDir) {
      const requirements = path.join(entry, 'requirements.txt');
      const target = ['--python-version', '3.13', '--python-platform', 'x86_64-manylinux_2_34', '--only-binary', ':all:'];
      const install = ['pip', 'install', '--quiet', '-r', requirements, '--target', outputDir, ...target];
      const { status } = spawnSync(process.env.UV ?? 'uv', install, { stdio: 'inherit' });
      fs.cpSync(entry, outputDir, { recursive: true });
      return status === 0;
    },
  };
}

function fromAsset(stack, number, options) {
  const code = lambda.Code.fromAsset(entries[number], options);
  new lambda.Function(stack, `F${number}`, { runtime, handler: 'index.handler', code });
}

function bundled(local, assetHashType) {
  return (stack, number) => {
    const bundling = { image: runtime.bundlingImage, command: ['x'], local: local(entries[number]) };
    fromAsset(stack, number, { bundling, assetHashType });
  };
}

const barrowHook = (entry) => new BarrowBundling({ entry, runtime });
const cases = {
  'no bundling': (stack, number) => fromAsset(stack, number),
  'PythonFunction': (stack, number) => new PythonFunction(stack, `F${number}`, { entry: entries[number], runtime }),
  'PythonFunction, archive': (stack, number) =>
    new PythonFunction(stack, `F${number}`, { entry: entries[number], runtime, bundling: { archive: true } }),
  'barrow hook, output hash': bundled(barrowHook, AssetHashType.OUTPUT),
  'uv hook, output hash': bundled(uvHook, AssetHashType.OUTPUT),
  'uv hook, source hash': bundled(uvHook, AssetHashType.SOURCE),
};

function synthesise(outdir, define) {
  AssetStaging.clearAssetHashCache();
  const started = performance.now();
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Measured');
  entries.forEach((_, number) => define(stack, number));
  app.synth();
  return (performance.now() - started) / FUNCTIONS;
}

for (const [name, define] of Object.entries(cases)) {
  const [first, again] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const outdir = path.join(work, 'cdk.out');
    first.push(synthesise(outdir, define));
    again.push(synthesise(outdir, define));
    fs.rmSync(outdir, { recursive: true });
  }
  const best = (times) => Math.min(...times.slice(1)).toFixed(1).padStart(8);
  console.log(`${name.padEnd(26)} first ${best(first)}   again ${best(again)}`);
}
fs.rmSync(work, { recursive: true });
