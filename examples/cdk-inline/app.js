// `Code.fromAsset` with a hook of a few lines: what used to be
//   command: ['bash', '-c', 'pip install -r requirements.txt -t /asset-output && cp -a . /asset-output']
// in a container.
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { App, AssetHashType, Stack } = require('aws-cdk-lib');
const { Code, Function, Runtime } = require('aws-cdk-lib/aws-lambda');

const source = path.join(__dirname, 'function');
const runtime = Runtime.PYTHON_3_13;
const architecture = 'x86_64';

const stack = new Stack(new App(), 'BarrowInline');
new Function(stack, 'Function', {
  runtime,
  handler: 'index.handler',
  code: Code.fromAsset(source, {
    // The digest of the result: a changed index or barrow is noticed, not only a changed source.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: runtime.bundlingImage, // demanded by CDK; never pulled while the hook succeeds
      // CDK tells two bundles apart by the options: whatever changes the result must stand here.
      command: ['barrow', runtime.name, architecture],
      local: {
        tryBundle(outputDir) {
          const result = spawnSync(
            process.env.BARROW_BIN ?? 'barrow',
            ['bundle', source, '-o', outputDir, '--runtime', runtime.name, '--arch', architecture],
            // Standard output belongs to `cdk synth`.
            { stdio: ['ignore', process.stderr, 'inherit'] },
          );
          if (result.error) throw result.error;
          if (result.status !== 0) throw new Error(`barrow ended with status ${result.status}, see above`);
          return true;
        },
      },
    },
  }),
});
