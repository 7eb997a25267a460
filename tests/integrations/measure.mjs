// Times synthesis with many functions, to see what bundling adds to CDK's own time:
//   BARROW_BIN=target/release/barrow UV=/path/to/uv node tests/integrations/measure.mjs 2>/dev/null
// Needs `npm ci && npm run build` in integrations/cdk, a network and uv. FUNCTIONS says how many functions, ROUNDS how often; each figure
// is the best of these, in milliseconds for all functions; caches are warm. "again" is a synthesis into the same cdk.out with nothing
// changed, "edited" one with a line more in one of the functions.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const FUNCTIONS = Number(process.env.FUNCTIONS ?? 20);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const REQUIREMENTS = 'requests==2.32.4\npydantic==2.11.7\n';

const integration = fileURLToPath(new URL('../../integrations/cdk/', import.meta.url));
const require = createRequire(path.join(integration, 'package.json'));
const { App, AssetHashType, Stack } = require('aws-cdk-lib');
const lambda = require('aws-cdk-lib/aws-lambda');
const { AssetStaging } = require('aws-cdk-lib/core');
const { BarrowBundling, PythonFunction, findBinary } = require(path.join(integration, 'lib/index.js'));

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

/** The program, but for `barrow serve`: a process for each question. */
function withoutServer() {
  const program = path.join(work, 'barrow');
  fs.writeFileSync(program, `#!/bin/sh\n[ "$1" = serve ] && exit 2\nexec '${findBinary()}' "$@"\n`, { mode: 0o755 });
  return program;
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
const pythonFunction = (bundling) => (stack, number) =>
  new PythonFunction(stack, `F${number}`, { entry: entries[number], runtime, bundling });
const cases = {
  'no bundling': (stack, number) => fromAsset(stack, number),
  'PythonFunction': pythonFunction({}),
  'PythonFunction, archive': pythonFunction({ archive: true }),
  'PythonFunction, a process each': pythonFunction({ binary: withoutServer() }),
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
  return performance.now() - started;
}

const wanted = Object.entries(cases).filter(([name]) => new RegExp(process.env.CASES ?? '').test(name));
for (const [name, define] of wanted) {
  const times = { first: [], again: [], edited: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const outdir = path.join(work, 'cdk.out');
    times.first.push(synthesise(outdir, define));
    times.again.push(synthesise(outdir, define));
    fs.appendFileSync(path.join(entries[1], 'index.py'), `# ${round}\n`);
    times.edited.push(synthesise(outdir, define));
    fs.rmSync(outdir, { recursive: true });
  }
  const best = (list) => Math.min(...list.slice(1)).toFixed(0).padStart(6);
  console.log(`${name.padEnd(32)} first ${best(times.first)}   again ${best(times.again)}   edited ${best(times.edited)}`);
}
fs.rmSync(work, { recursive: true });
